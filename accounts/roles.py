"""One table: role → what it may do. Synced to Django's groups; accounts.E001 proves every codename exists.

A codename is `app.verb_noun`. A row names nouns, a cell names verbs; the administrator may do everything and has no
column. Groups are the table told in Django's own terms, for tools that read them: what counts is the table.
"""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.contrib.auth import get_permission_codename

from accounts.choices import ROLE_ALIASES, Role

_ = ""  # nothing
R = "view"
W = "view add change"  # deleting is the administrator's
OVERRIDE = "override"
PRINT = "print"
CONSUME = "view consume"
COMPONENTS = "view add change consume quarantine"
LOTS = "view add change start complete close correct"
UNITS = "view add change change_others rework"
OWN_UNITS = "view add change"
RECORDS = "view add change view_all change_others"
OWN_RECORDS = "view add change"
ALL_RECORDS = "view view_all"
CORRECT = "view correct"
STOPS = "view add explain close split confirm"
REPORT = "view add explain close"
RECALCULATE = "view recalculate"
ANSWER = "view add acknowledge resolve cancel escalate"
REPAIR = "view acknowledge resolve cancel escalate"
CONFIRM = "view add acknowledge cancel escalate"
RESEND = "view resend"
RAISE = "view add"
INGEST = "ingest"
MEND = "view add resolve"
SERVICE = "view add start complete cancel"
PLAN = "view add change cancel"
ASSIGN = "view add change work"
WORK = "view work"

ROLES = (
    Role.PRODUCTION_MANAGER,
    Role.SHIFT_MANAGER,
    Role.ENGINEER,
    Role.OPERATOR,
    Role.MAINTENANCE,
    Role.QUALITY,
    Role.VIEWER,
    Role.GUEST,
    Role.INTEGRATION,
)

# fmt: off
TABLE: dict[str, tuple[str, ...]] = {
    # manager  shift    engineer  operator  maintenance  quality  viewer  guest  integration
    # people (users, settings and the audit trail: the administrator alone)
    "accounts.employee":
    (R,        R,       _,        _,        _,           _,       _,      _,     _),
    # the plant
    "equipment.line equipment.stopreason production.productmodel production.process"
    " production.route production.numberpattern":
    (W,        R,       R,        R,        R,           R,       R,      _,     R),
    "equipment.machine equipment.site equipment.area equipment.shiftpattern equipment.calendarexception"
    " production.standardrate oee.losspolicy":
    (W,        R,       W,        R,        R,           R,       R,      _,     R),
    # what happened: states, runs, pieces
    "equipment.equipment_status equipment.stateevent production.productionrun production.productioncount"
    " production.counterreading":
    (R,        R,       R,        R,        R,           R,       R,      _,     _),
    "equipment.machinestate":
    (CORRECT,  CORRECT, CORRECT,  R,        R,           R,       R,      _,     _),
    "equipment.downtime":
    (STOPS,    STOPS,   STOPS,    REPORT,   R,           R,       R,      _,     _),
    "production.events":
    (INGEST,   _,       INGEST,   _,        _,           _,       _,      _,     INGEST),
    "production.productionlogimport":
    (W,        _,       W,        _,        _,           _,       _,      _,     _),
    # every unit traced
    "production.lot":
    (LOTS,     LOTS,    R,        R,        R,           R,       R,      _,     R),
    "production.serial":
    (UNITS,    UNITS,   R,        OWN_UNITS, R,          UNITS,   R,      _,     R),
    "production.processdata":
    (RECORDS,  RECORDS, ALL_RECORDS, OWN_RECORDS, ALL_RECORDS, RECORDS, ALL_RECORDS, _, RECORDS),
    "production.order":
    (OVERRIDE, _,       _,        _,        _,           _,       _,      _,     _),
    "production.trace production.rework production.defect production.labelprint production.consumption":
    (R,        R,       R,        R,        R,           R,       R,      _,     _),
    "production.label":
    (PRINT,    PRINT,   _,        PRINT,    _,           PRINT,   _,      _,     _),
    "production.componentlot":
    (COMPONENTS, COMPONENTS, R,   CONSUME,  R,           COMPONENTS, R,   _,     R),
    # plans and who works on them
    "production.productionschedule":
    (PLAN,     PLAN,    R,        R,        R,           R,       R,      _,     _),
    "production.jobassignment":
    (ASSIGN,   ASSIGN,  R,        WORK,     R,           R,       R,      _,     _),
    "production.checklistitem":
    (W,        W,       R,        R,        R,           R,       R,      _,     _),
    # upkeep
    "equipment.faultcode equipment.maintenanceplan":
    (W,        R,       W,        R,        W,           R,       R,      _,     R),
    "equipment.fault":
    (MEND,     R,       MEND,     RAISE,    MEND,        R,       R,      _,     _),
    "equipment.maintenanceorder":
    (SERVICE,  R,       SERVICE,  R,        SERVICE,     R,       R,      _,     _),
    # figures
    "oee.oee":
    (RECALCULATE, R,    RECALCULATE, R,     R,           R,       R,      _,     _),
    # calls for help
    "andon.andonevent":
    (ANSWER,   ANSWER,  ANSWER,   RAISE,    REPAIR,      CONFIRM, R,      _,     _),
    "andon.escalationpolicy andon.escalationlevel andon.responsetype andon.autoraiserule":
    (W,        W,       R,        R,        R,           R,       R,      _,     _),
    "andon.escalationstep":
    (R,        R,       R,        R,        R,           R,       R,      _,     _),
    "andon.notification":
    (RESEND,   RESEND,  _,        _,        _,           _,       _,      _,     _),
}
# fmt: on


def role_named(text: str) -> Role:
    """The role of this name or alias, in any case. Raises ValueError."""
    name = text.strip().lower()
    return ROLE_ALIASES.get(name) or Role(name)


@cache
def codenames_of(role: str) -> frozenset[str]:
    """The codenames `app.verb_noun` of a role; the administrator's are all there are."""
    if role == Role.ADMIN:
        return known_codenames()
    return frozenset(
        codename_of(noun, verb)
        for nouns, cells in TABLE.items()
        for verb in cells[ROLES.index(Role(role))].split()
        for noun in nouns.split()
    )


def codename_of(noun: str, verb: str) -> str:
    """equipment.line, view → equipment.view_line."""
    app, name = noun.split(".")
    return f"{app}.{verb}_{name}"


@cache
def known_codenames() -> frozenset[str]:
    """Every codename that the installed models declare; no database is asked."""
    return frozenset(
        f"{meta.app_label}.{codename}"
        for meta in (model._meta for model in apps.get_models())
        for codename in [
            *(get_permission_codename(verb, meta) for verb in meta.default_permissions),
            *(codename for codename, _label in meta.permissions),
        ]
    )


def unknown_codenames() -> list[str]:
    """Codenames of the table that no model declares. An app without models yet is left out: it grants nothing."""
    wanted = {codename for role in ROLES for codename in codenames_of(role)}
    empty = {config.label for config in apps.get_app_configs() if not config.models}
    return sorted(name for name in wanted - known_codenames() if name.split(".")[0] not in empty)
