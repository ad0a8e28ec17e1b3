"""Settings: everything from the environment, safe defaults, no production start with a default secret."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from core.jobs import job_middleware
from factory_mes import __version__, embedded_database
from factory_mes.admin_look import UNFOLD  # noqa: F401  the admin reads it here
from factory_mes.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()  # X_FILE names a file that holds the secret X

DEBUG = env.bool("DEBUG", default=False)
MES_HOME = Path(env.str("MES_HOME", default=str(BASE_DIR / "var"))).resolve()
DEMO = env.bool("DEMO", default=False)
VERSION = __version__

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    from factory_mes.secret import local_secret

    SECRET_KEY = local_secret(MES_HOME)  # a random one, kept in MES_HOME; never a default
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SECRET_KEY needs at least 32 characters.")

ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["*"] if DEMO or DEBUG else ["localhost", "127.0.0.1", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 12
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_SSL_REDIRECT = False  # the proxy in front does it
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "factory_mes.admin_config.ManagersAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "django_htmx",
    "django_prometheus",
    "procrastinate.contrib.django",
    "factory_mes",
    "core",
    "accounts",
    "audit",
    "equipment",
    "production",
    "oee",
    "andon",
    "floor",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.context_middleware",
    "core.middleware.readable_middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
APPEND_SLASH = False  # paths are canonical without; the admin keeps its own

ROOT_URLCONF = "factory_mes.urls"
WSGI_APPLICATION = "factory_mes.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "factory_mes.navigation.navigation",
            ]
        },
    }
]

DATABASE_URL = env.str("DATABASE_URL", default="") or embedded_database.ensure(MES_HOME)
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if "postgresql" not in DATABASES["default"]["ENGINE"]:
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database, 15 or newer.")
DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {
        "server_side_binding": True,
        "prepare_threshold": 3,  # planned once per connection: half of the database's work on a short statement
        "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", default=12), "timeout": 10},
        # Compiling a query costs 0.1 to 0.4 s; our long ones look at few rows of many.
        "options": "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c jit=off",
    }
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.RoleBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]  # cost 12
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.CharacterKindsValidator"},
]
LOGIN_URL = "/accounts/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login"
PASSWORD_RESET_TIMEOUT = 3600
SIGN_UP = env.str("SIGN_UP", default="open" if DEMO else "approval")  # open, approval or closed
IDEMPOTENCY_MODEL = "accounts.IdempotencyKey"

AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=10)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("LOGIN_LOCKOUT_MINUTES", default=15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # knocking on a locked door does not lengthen the wait
AXES_USERNAME_CALLABLE = "accounts.lockout.account_name"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # sign-ins are in the audit trail
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

ACCESS_TOKEN_LIFETIME = timedelta(minutes=30)
REFRESH_TOKEN_LIFETIME = timedelta(days=7)
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": ACCESS_TOKEN_LIFETIME,
    "REFRESH_TOKEN_LIFETIME": REFRESH_TOKEN_LIFETIME,
    "SIGNING_KEY": SECRET_KEY,
    "USER_ID_CLAIM": "user_id",
    "TOKEN_TYPE_CLAIM": "type",
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.HasCodename"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.renderers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.LimitOffset",
    "DEFAULT_FILTER_BACKENDS": [
        "core.api.filters.StrictFilters",
        "rest_framework.filters.SearchFilter",
        "core.api.filters.StrictOrdering",
    ],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "core.api.problem.handler",
    "COERCE_DECIMAL_TO_STRING": False,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "factory_mes",
    "DESCRIPTION": "Manufacturing execution: plant, OEE, traceability, andon, audit.",
    "VERSION": __version__,
    "GET_LIB_DOC_EXCLUDES": "core.api.schema.not_documentation",
    "PREPROCESSING_HOOKS": ["core.api.schema.canonical_paths"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.schema.problems_and_numbers",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AndonStatusEnum": "andon.choices.Status",
        "FaultStatusEnum": "equipment.choices.FaultStatus",
        "LossFactorEnum": "oee.choices.StarvedBlocked",
        "MaintenanceStatusEnum": "equipment.choices.MaintenanceStatus",
        "UrgencyEnum": "equipment.choices.Urgency",
        "ProductStatusEnum": "production.choices.ProductStatus",
        "ImportStatusEnum": "production.choices.ImportStatus",
        "LotStatusEnum": "production.choices.LotStatus",
        "SerialStatusEnum": "production.choices.SerialStatus",
        "ComponentStatusEnum": "production.choices.ComponentStatus",
        "ResultEnum": "production.choices.Result",
        "DataLevelEnum": "production.choices.DataLevel",
        "ShiftEnum": "production.choices.Shift",
    },
    "COMPONENT_SPLIT_REQUEST": True,
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["factory_mes.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

SILENCED_SYSTEM_CHECKS = [
    "auth.W004"
]  # user names are unique without regard to case, by a constraint on Lower()

STATIC_URL = "/static/"
STATIC_ROOT = MES_HOME / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "factory_mes.frontend.NodePackagesFinder",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
MEDIA_ROOT = MES_HOME / "uploads"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="mes@localhost")
EMAIL_TIMEOUT = 10
# Webhooks and messengers may go to addresses of private networks only where a plant's own servers take them.
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", default=False)

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PROMETHEUS_METRICS_EXPORT_PORT = None
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
CSRF_FAILURE_VIEW = "factory_mes.error_views.csrf_failure"
PROCRASTINATE_WORKER_DEFAULTS = {"task_middleware": [job_middleware]}
AUDIT_GUARD = env.bool(
    "AUDIT_GUARD", default=DEBUG
)  # tests and development: an unrecorded status change fails loudly

LOGGING = logging_config(
    level=env.str("LOG_LEVEL", default="INFO"), pretty=env.bool("LOG_PRETTY", default=False)
)
