"""Who may do what over HTTP: one table, held against every operation that the URLs know."""

from __future__ import annotations

import pytest
from django.db import transaction

from accounts.choices import Role
from tests.support.api import client_for
from tests.support.operations import Operation, Plant, operations

LETTERS = {
    "A": Role.ADMIN,
    "M": Role.PRODUCTION_MANAGER,
    "S": Role.SHIFT_MANAGER,
    "E": Role.ENGINEER,
    "O": Role.OPERATOR,
    "T": Role.MAINTENANCE,
    "Q": Role.QUALITY,
    "V": Role.VIEWER,
    "G": Role.GUEST,
    "I": Role.INTEGRATION,
}
# Written from the API contract (§2 and §8), not from the code. A line is one operation: who may (everybody else gets
# 403, a stranger 401), and what those get who call it without a body; `public` is open to strangers as well. A small
# letter may too, but this row is another's, which does not exist for them: 404.
TABLE = """
  one's own account
    POST   api/v1/auth/register                                         public      400
    POST   api/v1/auth/login                                            public      400
    POST   api/v1/auth/login/json                                       public      400
    POST   api/v1/auth/refresh                                          public      401
    POST   api/v1/auth/logout                                           public      401
    POST   api/v1/auth/request-reset                                    public      400
    POST   api/v1/auth/reset-password/{token}                           public      400
    GET    api/v1/auth/me                                               AMSEOTQVGI  200
    GET    api/v1/auth/profile                                          AMSEOTQVGI  200
    PUT    api/v1/auth/profile                                          AMSEOTQVGI  200
    POST   api/v1/auth/change-password                                  AMSEOTQVGI  400
    GET    api/v1/auth/roles                                            AMSEOTQVGI  200
    GET    api/v1/auth/permissions                                      AMSEOTQVGI  200
    GET    api/v1/users/me                                              AMSEOTQVGI  200
    PUT    api/v1/users/me                                              AMSEOTQVGI  200

  people
    GET    api/v1/users                                                 A.........  200
    POST   api/v1/users                                                 A.........  400
    GET    api/v1/users/{pk}                                            A.........  200
    PUT    api/v1/users/{pk}                                            A.........  200
    PATCH  api/v1/users/{pk}                                            A.........  200
    DELETE api/v1/users/{pk}                                            A.........  409
    PUT    api/v1/users/{pk}/password                                   A.........  400
    GET    api/v1/users/username/{name}                                 A.........  200
    GET    api/v1/users/email/{address}                                 A.........  200
    GET    api/v1/users/role/{role}                                     A.........  200
    GET    api/v1/employees                                             AMS.......  200
    POST   api/v1/employees                                             A.........  400
    GET    api/v1/employees/{pk}                                        AMS.......  200
    PUT    api/v1/employees/{pk}                                        A.........  400
    PATCH  api/v1/employees/{pk}                                        A.........  200
    DELETE api/v1/employees/{pk}                                        A.........  204

  the audit trail
    GET    api/v1/audit-logs                                            A.........  200
    GET    api/v1/audit-logs/{pk}                                       A.........  200
    GET    api/v1/audit-logs/entity/{entity_type}/{entity_id}           A.........  200
    GET    api/v1/audit-logs/entity/{entity_type}/{entity_id}/history   A.........  200
    GET    api/v1/audit-logs/user/{user_id}                             A.........  200
    GET    api/v1/audit-logs/action/{name}                              A.........  200
    GET    api/v1/audit-logs/date-range                                 A.........  400
    GET    api/v1/audit-logs/verify                                     A.........  200
    GET    api/v1/audit-logs/export                                     A.........  200

  lines, products, reasons: the manager writes
    GET    api/v1/production/lines                                      AMSEOTQV.I  200
    POST   api/v1/production/lines                                      AM........  400
    GET    api/v1/production/lines/{pk}                                 AMSEOTQV.I  200
    PUT    api/v1/production/lines/{pk}                                 AM........  400
    PATCH  api/v1/production/lines/{pk}                                 AM........  200
    DELETE api/v1/production/lines/{pk}                                 A.........  409
    GET    api/v1/production/lines/{pk}/calendar                        AMSEOTQV.I  400
    GET    api/v1/downtime/reasons                                      AMSEOTQV.I  200
    POST   api/v1/downtime/reasons                                      AM........  400
    GET    api/v1/downtime/reasons/{pk}                                 AMSEOTQV.I  200
    PUT    api/v1/downtime/reasons/{pk}                                 AM........  400
    PATCH  api/v1/downtime/reasons/{pk}                                 AM........  200
    DELETE api/v1/downtime/reasons/{pk}                                 A.........  204
    GET    api/v1/product-models                                        AMSEOTQV.I  200
    POST   api/v1/product-models                                        AM........  400
    GET    api/v1/product-models/{pk}                                   AMSEOTQV.I  200
    PUT    api/v1/product-models/{pk}                                   AM........  400
    PATCH  api/v1/product-models/{pk}                                   AM........  200
    DELETE api/v1/product-models/{pk}                                   A.........  409
    GET    api/v1/product-models/active                                 AMSEOTQV.I  200
    GET    api/v1/product-models/category/{category}                    AMSEOTQV.I  200
    GET    api/v1/product-models/code/{model_code}                      AMSEOTQV.I  200
    GET    api/v1/products                                              AMSEOTQV.I  200
    POST   api/v1/products                                              AM........  400
    GET    api/v1/products/{pk}                                         AMSEOTQV.I  200
    PUT    api/v1/products/{pk}                                         AM........  400
    PATCH  api/v1/products/{pk}                                         AM........  200
    DELETE api/v1/products/{pk}                                         A.........  409
    GET    api/v1/products/active                                       AMSEOTQV.I  200
    GET    api/v1/products/category/{category}                          AMSEOTQV.I  200
    GET    api/v1/products/code/{model_code}                            AMSEOTQV.I  200

  sites, areas, equipment, calendars, rates, loss policies: the engineer too
    GET    api/v1/sites                                                 AMSEOTQV.I  200
    POST   api/v1/sites                                                 AM.E......  400
    GET    api/v1/sites/{pk}                                            AMSEOTQV.I  200
    PUT    api/v1/sites/{pk}                                            AM.E......  400
    PATCH  api/v1/sites/{pk}                                            AM.E......  200
    DELETE api/v1/sites/{pk}                                            A.........  409
    GET    api/v1/areas                                                 AMSEOTQV.I  200
    POST   api/v1/areas                                                 AM.E......  400
    GET    api/v1/areas/{pk}                                            AMSEOTQV.I  200
    PUT    api/v1/areas/{pk}                                            AM.E......  400
    PATCH  api/v1/areas/{pk}                                            AM.E......  200
    DELETE api/v1/areas/{pk}                                            A.........  409
    GET    api/v1/equipment                                             AMSEOTQV.I  200
    POST   api/v1/equipment                                             AM.E......  400
    GET    api/v1/equipment/{equipment_code}                            AMSEOTQV.I  200
    PUT    api/v1/equipment/{equipment_code}                            AM.E......  400
    PATCH  api/v1/equipment/{equipment_code}                            AM.E......  200
    DELETE api/v1/equipment/{equipment_code}                            A.........  409
    GET    api/v1/shift-patterns                                        AMSEOTQV.I  200
    POST   api/v1/shift-patterns                                        AM.E......  400
    GET    api/v1/shift-patterns/{pk}                                   AMSEOTQV.I  200
    PUT    api/v1/shift-patterns/{pk}                                   AM.E......  400
    PATCH  api/v1/shift-patterns/{pk}                                   AM.E......  200
    DELETE api/v1/shift-patterns/{pk}                                   A.........  204
    GET    api/v1/calendar-exceptions                                   AMSEOTQV.I  200
    POST   api/v1/calendar-exceptions                                   AM.E......  400
    GET    api/v1/calendar-exceptions/{pk}                              AMSEOTQV.I  200
    PUT    api/v1/calendar-exceptions/{pk}                              AM.E......  400
    PATCH  api/v1/calendar-exceptions/{pk}                              AM.E......  200
    DELETE api/v1/calendar-exceptions/{pk}                              A.........  204
    GET    api/v1/standard-rates                                        AMSEOTQV.I  200
    POST   api/v1/standard-rates                                        AM.E......  400
    GET    api/v1/standard-rates/{pk}                                   AMSEOTQV.I  200
    PUT    api/v1/standard-rates/{pk}                                   AM.E......  400
    PATCH  api/v1/standard-rates/{pk}                                   AM.E......  200
    DELETE api/v1/standard-rates/{pk}                                   A.........  204
    GET    api/v1/oee/policies                                          AMSEOTQV.I  200
    POST   api/v1/oee/policies                                          AM.E......  400
    GET    api/v1/oee/policies/{pk}                                     AMSEOTQV.I  200
    PUT    api/v1/oee/policies/{pk}                                     AM.E......  400
    PATCH  api/v1/oee/policies/{pk}                                     AM.E......  200
    DELETE api/v1/oee/policies/{pk}                                     A.........  204

  every unit traced: how products are made, lots, units
    GET    api/v1/processes                                            AMSEOTQV.I  200
    POST   api/v1/processes                                            AM........  400
    GET    api/v1/processes/{pk}                                       AMSEOTQV.I  200
    PUT    api/v1/processes/{pk}                                       AM........  400
    PATCH  api/v1/processes/{pk}                                       AM........  200
    DELETE api/v1/processes/{pk}                                       A.........  409
    GET    api/v1/routes                                               AMSEOTQV.I  200
    POST   api/v1/routes                                               AM........  400
    GET    api/v1/routes/{pk}                                          AMSEOTQV.I  200
    PUT    api/v1/routes/{pk}                                          AM........  400
    PATCH  api/v1/routes/{pk}                                          AM........  200
    DELETE api/v1/routes/{pk}                                          A.........  204
    GET    api/v1/number-patterns                                      AMSEOTQV.I  200
    POST   api/v1/number-patterns                                      AM........  400
    GET    api/v1/number-patterns/{pk}                                 AMSEOTQV.I  200
    PUT    api/v1/number-patterns/{pk}                                 AM........  400
    PATCH  api/v1/number-patterns/{pk}                                 AM........  200
    DELETE api/v1/number-patterns/{pk}                                 A.........  204
    GET    api/v1/processes/number/{process_number}                    AMSEOTQV.I  200
    GET    api/v1/processes/code/{process_code}                        AMSEOTQV.I  200
    GET    api/v1/processes/active                                     AMSEOTQV.I  200
    GET    api/v1/processes/sequence                                   AMSEOTQV.I  200
    GET    api/v1/lots                                                 AMSEOTQV.I  200
    POST   api/v1/lots                                                 AMS.......  400
    GET    api/v1/lots/{pk}                                            AMSEOTQV.I  200
    PUT    api/v1/lots/{pk}                                            AMS.......  400
    PATCH  api/v1/lots/{pk}                                            AMS.......  200
    DELETE api/v1/lots/{pk}                                            A.........  409
    GET    api/v1/lots/number/{lot_number}                             AMSEOTQV.I  200
    GET    api/v1/lots/active                                          AMSEOTQV.I  200
    GET    api/v1/lots/date-range                                      AMSEOTQV.I  400
    GET    api/v1/lots/product/{product_id}                            AMSEOTQV.I  200
    GET    api/v1/lots/status/{status}                                 AMSEOTQV.I  200
    GET    api/v1/lots/{pk}/quantities                                 AMSEOTQV.I  200
    PUT    api/v1/lots/{pk}/quantities                                 AMS.......  400
    POST   api/v1/lots/{pk}/start                                      AMS.......  409
    POST   api/v1/lots/{pk}/complete                                   AMS.......  409
    POST   api/v1/lots/{pk}/close                                      AMS.......  409
    GET    api/v1/serials                                              AMSEOTQV.I  200
    POST   api/v1/serials                                              AMS.O.Q...  400
    GET    api/v1/serials/{pk}                                         AMSEOTQV.I  200
    PUT    api/v1/serials/{pk}                                         AMS.O.Q...  400
    PATCH  api/v1/serials/{pk}                                         AMS...Q...  200
    DELETE api/v1/serials/{pk}                                         A.........  409
    GET    api/v1/serials/number/{serial_number}                       AMSEOTQV.I  200
    GET    api/v1/serials/lot/{lot_id}                                 AMSEOTQV.I  200
    GET    api/v1/serials/status/{status}                              AMSEOTQV.I  200
    GET    api/v1/serials/failed                                       AMSEOTQV.I  200
    PUT    api/v1/serials/{pk}/status                                  AMS.O.Q...  400
    POST   api/v1/serials/{pk}/rework                                  AMS...Q...  400
    GET    api/v1/serials/{pk}/can-rework                              AMSEOTQV.I  200

  what happened: states and counts in, and what is known of them out
    POST   api/v1/ingest/events                                         AM.E.....I  400
    GET    api/v1/production-counts                                     AMSEOTQV..  200
    GET    api/v1/production-counts/{pk}                                AMSEOTQV..  200
    GET    api/v1/equipment/status                                      AMSEOTQV..  200
    GET    api/v1/equipment/{equipment_code}/status                     AMSEOTQV..  200
    GET    api/v1/equipment/{equipment_code}/history                    AMSEOTQV..  200
    POST   api/v1/equipment/{equipment_code}/states/correct             AMSE......  400
    POST   api/v1/equipment/{equipment_code}/states/split               AMSE......  400
    GET    api/v1/downtime                                              AMSEOTQV..  200
    POST   api/v1/downtime                                              AMSEO.....  400
    GET    api/v1/downtime/{pk}                                         AMSEOTQV..  200
    GET    api/v1/downtime/statistics                                   AMSEOTQV..  400
    POST   api/v1/downtime/{pk}/close                                   AMSEO.....  409
    POST   api/v1/downtime/{pk}/reason                                  AMSEO.....  400
    POST   api/v1/downtime/{pk}/split                                   AMSE......  400
    POST   api/v1/downtime/{pk}/confirm                                 AMSE......  200
    GET    api/v1/equipment/{equipment_code}/faults                     AMSEOTQV..  200
    POST   api/v1/equipment/{equipment_code}/faults                     AM.EOT....  400
    GET    api/v1/equipment/{equipment_code}/faults/{pk}                AMSEOTQV..  200
    POST   api/v1/equipment/{equipment_code}/faults/{pk}/resolve        AM.E.T....  200
    POST   api/v1/equipment/{equipment_code}/faults/{pk}/order          AM.E.T....  201
    GET    api/v1/equipment/{equipment_code}/reliability                AMSEOTQV..  200
    GET    api/v1/production/lines/{pk}/reliability                     AMSEOTQV..  200
    GET    api/v1/fault-codes                                           AMSEOTQV.I  200
    POST   api/v1/fault-codes                                           AM.E.T....  400
    GET    api/v1/fault-codes/{pk}                                      AMSEOTQV.I  200
    PUT    api/v1/fault-codes/{pk}                                      AM.E.T....  400
    PATCH  api/v1/fault-codes/{pk}                                      AM.E.T....  200
    DELETE api/v1/fault-codes/{pk}                                      A.........  204
    POST   api/v1/fault-codes/import                                    AM.E.T....  400
    GET    api/v1/maintenance-plans                                     AMSEOTQV.I  200
    POST   api/v1/maintenance-plans                                     AM.E.T....  400
    GET    api/v1/maintenance-plans/{pk}                                AMSEOTQV.I  200
    PUT    api/v1/maintenance-plans/{pk}                                AM.E.T....  400
    PATCH  api/v1/maintenance-plans/{pk}                                AM.E.T....  200
    DELETE api/v1/maintenance-plans/{pk}                                A.........  204
    GET    api/v1/equipment/{equipment_code}/maintenance                AMSEOTQV..  200
    POST   api/v1/equipment/{equipment_code}/maintenance                AM.E.T....  400
    GET    api/v1/equipment/{equipment_code}/maintenance/{pk}           AMSEOTQV..  200
    POST   api/v1/equipment/{equipment_code}/maintenance/{pk}/start     AM.E.T....  200
    POST   api/v1/equipment/{equipment_code}/maintenance/{pk}/complete  AM.E.T....  409
    POST   api/v1/equipment/{equipment_code}/maintenance/{pk}/cancel    AM.E.T....  400
    GET    api/v1/imports/production-log                                AM.E......  200
    POST   api/v1/imports/production-log                                AM.E......  400
    GET    api/v1/imports/production-log/{pk}                           AM.E......  200
    POST   api/v1/imports/production-log/{pk}/confirm                   AM.E......  409

  plans and jobs; the job of this plant is another's, so that a step of it is a manager's
    GET    api/v1/production/schedules                                  AMSEOTQV..  200
    POST   api/v1/production/schedules                                  AMS.......  400
    GET    api/v1/production/schedules/{pk}                             AMSEOTQV..  200
    PUT    api/v1/production/schedules/{pk}                             AMS.......  400
    PATCH  api/v1/production/schedules/{pk}                             AMS.......  200
    DELETE api/v1/production/schedules/{pk}                             A.........  409
    POST   api/v1/production/schedules/{pk}/cancel                      AMS.......  400
    GET    api/v1/production/job-assignments                            AMSEOTQV..  200
    POST   api/v1/production/job-assignments                            AMS.......  400
    GET    api/v1/production/job-assignments/{pk}                       AMSEOTQV..  200
    PUT    api/v1/production/job-assignments/{pk}                       AMS.......  400
    PATCH  api/v1/production/job-assignments/{pk}                       AMS.......  200
    DELETE api/v1/production/job-assignments/{pk}                       A.........  204
    GET    api/v1/jobs/my-jobs                                          AMSEOTQV..  200
    GET    api/v1/jobs/{pk}                                             AMSEOTQV..  200
    POST   api/v1/jobs/{pk}/accept                                      AMS.......  200
    POST   api/v1/jobs/{pk}/start                                       AMS.......  409
    POST   api/v1/jobs/{pk}/pause                                       AMS.......  409
    POST   api/v1/jobs/{pk}/resume                                      AMS.......  409
    POST   api/v1/jobs/{pk}/complete                                    AMS.......  409
    POST   api/v1/jobs/{pk}/cancel                                      AMSO......  400
    POST   api/v1/jobs/{pk}/counts                                      AMSO......  400
    GET    api/v1/jobs/{pk}/checklist                                   AMSEOTQV..  200
    POST   api/v1/jobs/{pk}/checklist                                   AMSO......  400
    GET    api/v1/production/changeovers                                AMSEOTQV..  400
    GET    api/v1/production/checklists                                 AMSEOTQV..  200
    POST   api/v1/production/checklists                                 AMS.......  400
    GET    api/v1/production/checklists/{pk}                            AMSEOTQV..  200
    PUT    api/v1/production/checklists/{pk}                            AMS.......  400
    PATCH  api/v1/production/checklists/{pk}                            AMS.......  200
    DELETE api/v1/production/checklists/{pk}                            A.........  204

  what units are made from
    GET    api/v1/component-lots                                        AMSEOTQV.I  200
    POST   api/v1/component-lots                                        AMS...Q...  400
    GET    api/v1/component-lots/{pk}                                   AMSEOTQV.I  200
    PUT    api/v1/component-lots/{pk}                                   AMS...Q...  400
    PATCH  api/v1/component-lots/{pk}                                   AMS...Q...  200
    DELETE api/v1/component-lots/{pk}                                   A.........  409
    POST   api/v1/component-lots/{pk}/quarantine                        AMS...Q...  400
    POST   api/v1/component-lots/{pk}/release                           AMS...Q...  400
    GET    api/v1/component-lots/{lot_number}/where-used                AMSEOTQV.I  200
    GET    api/v1/serials/{pk}/components                               AMSEOTQV..  200
    POST   api/v1/serials/{pk}/components                               AMS.O.Q...  400
    GET    api/v1/serials/{pk}/trace                                    AMSEOTQV..  200
    GET    api/v1/serials/number/{serial_number}/trace                  AMSEOTQV..  200
    GET    api/v1/lots/{pk}/label                                       AMSEOTQV.I  200
    POST   api/v1/lots/{pk}/label/reprint                               AMS.O.Q...  400
    GET    api/v1/serials/{pk}/label                                    AMSEOTQV.I  200
    POST   api/v1/serials/{pk}/label/reprint                            AMS.O.Q...  400
    GET    api/v1/genealogy                                             AMSEOTQV..  400
    GET    api/v1/recall                                                AMSEOTQV..  400

  process data: what was done to units, by whom
    GET    api/v1/process-data                                          AMSEOTQV.I  200
    POST   api/v1/process-data                                          AMS.O.Q..I  400
    POST   api/v1/process-data/bulk                                     AMS.O.Q..I  400
    GET    api/v1/process-data/{pk}                                     AMSEoTQV.I  200
    PUT    api/v1/process-data/{pk}                                     AMS.o.Q..I  200
    PATCH  api/v1/process-data/{pk}                                     AMS.o.Q..I  200
    DELETE api/v1/process-data/{pk}                                     A.........  409
    GET    api/v1/process-data/serial/{serial_id}                       AMSEOTQV.I  200
    GET    api/v1/process-data/serial/{serial_id}/process/{process_id}  AMSEOTQV.I  200
    GET    api/v1/process-data/lot/{lot_id}                             AMSEOTQV.I  200
    GET    api/v1/process-data/process/{process_id}                     AMSEOTQV.I  200
    GET    api/v1/process-data/operator/{operator_id}                   AMSEOTQV.I  200
    GET    api/v1/process-data/result/{result}                          AMSEOTQV.I  200
    GET    api/v1/process-data/failures                                 AMSEOTQV.I  200
    GET    api/v1/process-data/incomplete                               AMSEOTQV.I  200
    GET    api/v1/process-data/date-range                               AMSEOTQV.I  400
    POST   api/v1/stations/start                                        AMS.O.Q..I  400
    POST   api/v1/stations/complete                                     AMS.O.Q..I  400

  calls for help
    GET    api/v1/andon/events                                          AMSEOTQV..  200
    POST   api/v1/andon/events                                          AMSEO.Q...  400
    GET    api/v1/andon/events/active                                   AMSEOTQV..  200
    GET    api/v1/andon/events/{pk}                                     AMSEOTQV..  200
    GET    api/v1/andon/events/{pk}/history                             AMSEOTQV..  200
    PUT    api/v1/andon/events/{pk}/acknowledge                         AMSE.TQ...  200
    POST   api/v1/andon/events/{pk}/acknowledge                         AMSE.TQ...  200
    PUT    api/v1/andon/events/{pk}/resolve                             AMSE.T....  200
    POST   api/v1/andon/events/{pk}/resolve                             AMSE.T....  200
    POST   api/v1/andon/events/{pk}/cancel                              AMSE.TQ...  400
    POST   api/v1/andon/events/{pk}/escalate                            AMSE.TQ...  200
    GET    api/v1/andon/statistics                                      AMSEOTQV..  200
    GET    api/v1/andon/escalation-policies                             AMSEOTQV..  200
    POST   api/v1/andon/escalation-policies                             AMS.......  400
    GET    api/v1/andon/escalation-policies/{pk}                        AMSEOTQV..  200
    PUT    api/v1/andon/escalation-policies/{pk}                        AMS.......  400
    PATCH  api/v1/andon/escalation-policies/{pk}                        AMS.......  200
    DELETE api/v1/andon/escalation-policies/{pk}                        A.........  204

  figures
    GET    api/v1/oee/{kind}/{key}                                      AMSEOTQV..  200
    GET    api/v1/oee/{kind}/{key}/current                              AMSEOTQV..  200
    GET    api/v1/oee/{kind}/{key}/daily-summary                        AMSEOTQV..  200
    GET    api/v1/oee/{kind}/{key}/trends                               AMSEOTQV..  200
    GET    api/v1/oee/equipment/{key}                                   AMSEOTQV..  200
    GET    api/v1/oee/equipment/{key}/current                           AMSEOTQV..  200
    GET    api/v1/oee/equipment/{key}/daily-summary                     AMSEOTQV..  200
    GET    api/v1/oee/equipment/{key}/trends                            AMSEOTQV..  200
    GET    api/v1/oee/losses                                            AMSEOTQV..  400
    GET    api/v1/oee/explain                                           AMSEOTQV..  400
    GET    api/v1/oee/kpis                                              AMSEOTQV..  400
    GET    api/v1/oee/kpis/catalogue                                    AMSEOTQV..  200
    POST   api/v1/oee/calculate                                         AMSEOTQV..  400
    POST   api/v1/oee/recalculate                                       AM.E......  400
    GET    api/v1/analytics/dashboard                                   AMSEOTQV..  200
    GET    api/v1/analytics/production-stats                            AMSEOTQV..  200
    GET    api/v1/analytics/process-performance                         AMSEOTQV..  200
    GET    api/v1/analytics/quality-metrics                             AMSEOTQV..  200
    GET    api/v1/analytics/operator-performance                        AMSEOTQV..  200
    GET    api/v1/analytics/realtime-status                             AMSEOTQV..  200
    GET    api/v1/dashboard/lines                                       AMSEOTQV..  200
    GET    api/v1/dashboard/summary                                     AMSEOTQV..  200
    GET    api/v1/dashboard/alerts                                      AMSEOTQV..  200
    GET    api/v1/dashboard/lines/{pk}/status                           AMSEOTQV..  200
    GET    api/v1/dashboard/lines/{pk}/oee                              AMSEOTQV..  200
    GET    api/v1/dashboard/lines/{pk}/downtime                         AMSEOTQV..  200
"""
ROWS = {
    f"{words[0]} {words[1]}": (words[2], int(words[3]))
    for line in TABLE.splitlines()
    if len(words := line.split()) == 4 and words[3].isdigit()
}
MULTIPART = {"POST api/v1/imports/production-log", "POST api/v1/fault-codes/import"}  # takes files, no JSON
OPERATIONS = operations()


def test_the_table_names_every_operation_and_no_other():
    assert sorted(ROWS) == sorted(map(str, OPERATIONS))


@pytest.fixture
def plant(db):
    return Plant()


@pytest.fixture
def statuses(plant):
    """The status that each role gets from an operation; what it does is undone after each."""

    def ask(operation: Operation) -> dict[str, int]:
        return {letter: status_for(role, operation) for letter, role in [*LETTERS.items(), ("", None)]}

    def status_for(role: str | None, operation: Operation) -> int:
        form = "multipart" if str(operation) in MULTIPART else "json"
        with transaction.atomic():
            call = getattr(client_for(role), operation.method.lower())
            body = {} if operation.method == "GET" else {"data": {}, "format": form}
            answer = call(plant.url(operation), **body)
            transaction.set_rollback(True)
        return answer.status_code

    return ask


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_who_may(operation, statuses):
    """Permission is looked at before anything else: the body is empty, and still it is 403 and not 400."""
    who, status = ROWS[str(operation)]
    allowed = [*LETTERS, ""] if who == "public" else who.replace(".", "")
    stranger = {"": status if who == "public" else 401}
    known = {x: status if x in allowed else 404 if x.lower() in allowed else 403 for x in LETTERS}
    assert statuses(operation) == known | stranger


def test_own_accounts_are_all_that_a_guest_may_touch():
    """A guest's own machines come with the paths of the OEE monitor; here is nothing of the plant."""
    for_guests = [name for name, (who, _status) in ROWS.items() if "G" in who]
    assert {name.split("/")[2] for name in for_guests} == {"auth", "users"}
    assert all(name.endswith("/me") for name in for_guests if "/users" in name)


def test_deleting_is_for_the_administrator():
    assert {who for name, (who, _status) in ROWS.items() if name.startswith("DELETE")} == {"A........."}
