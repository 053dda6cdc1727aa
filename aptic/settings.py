"""Every setting of the project, read once from the environment.

`$APTIC_VAR/keys.env` (secrets, made once) and `$APTIC_VAR/services.env` (addresses of the embedded
PostgreSQL and Valkey) complete the environment and never override it. `docs/operations/settings.md`
lists each variable.
"""

from pathlib import Path

from csp.constants import NONE, SELF
from redis.backoff import NoBackoff
from redis.retry import Retry

from aptic.variables import Variables
from aptic.workers import add_headers

BASE_DIR = Path(__file__).resolve().parent.parent
env = Variables()
VAR = Path(env.str("APTIC_VAR", default=str(BASE_DIR / "var"))).resolve()
for name in ("keys.env", "services.env"):
    if (VAR / name).is_file():
        Variables.read_env(VAR / name)

# --- the installation ---------------------------------------------------------------------------
DEBUG = env.bool("APTIC_DEBUG", default=False)
PUBLIC_URL = env.str("APTIC_PUBLIC_URL", default=f"http://localhost:{env.int('PORT', default=8000)}")
ALLOWED_HOSTS = env.list("APTIC_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("APTIC_TRUSTED_ORIGINS", default=[])
HTTPS = PUBLIC_URL.startswith("https://")
SCHEME_NAME = env.str("APTIC_SCHEME_NAME", default="Aptic")
HOSTED_BY = env.str("APTIC_HOSTED_BY", default="")  # name and address of the host, for the legal page
METRICS_TOKEN = env.str("APTIC_METRICS_TOKEN", default="")

# --- keys: rings are "version:base64" lists, the last one writes, all of them read -----------------
UNSAFE_KEY = "unsafe-only-for-static-checks"  # everybody can read it: nothing serves with it
SECRET_KEY = env.str("APTIC_SECRET_KEY", default=UNSAFE_KEY)
SECRET_KEY_FALLBACKS = env.list("APTIC_SECRET_KEY_FALLBACKS", default=[])
CODE_KEYS = env.list("APTIC_CODE_KEYS", default=[])
SIGNING_KEYS = env.list("APTIC_SIGNING_KEYS", default=[])  # seeds: only who prints booklets has them
SIGNING_PUBLIC_KEYS = env.list("APTIC_SIGNING_PUBLIC_KEYS", default=[])  # empty: those of the seeds
DATA_KEYS = env.list("APTIC_DATA_KEYS", default=[])

# --- applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "csp",
    "aptic",
    "aptic.territories",
    "aptic.vocabulary",
    "aptic.tenancy",
    "aptic.accounts",
    "aptic.audit",
    "aptic.outbox",
    "aptic.jobs",
    "aptic.documents",
    "aptic.ledger",
    "actors",
    "funders",
    "qualification",
    "passes",
    "impact",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "aptic.spaces.KeptByNobody",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "aptic.device_access.DeviceAccess",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "aptic.tenancy.demonstration.DemonstrationBar",
    "aptic.problems.DomainErrors",
]
ROOT_URLCONF = "aptic.urls"
WSGI_APPLICATION = "aptic.wsgi.application"
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
                "aptic.context.page",
            ],
        },
    }
]

FORM_RENDERER = "aptic.forms.Renderer"


# --- database: three plain roles, see docs/decisions --------------------------------------------------
def _database(variable: str, fallback: str | None = None) -> dict:
    """One role's connection; persistent, with time limits that no request may exceed."""
    parsed = env.database(variable, default=fallback or "postgres://aptic_app@localhost/aptic")
    parsed["ENGINE"] = "django.db.backends.postgresql"
    parsed["CONN_MAX_AGE"] = env.int("APTIC_CONN_MAX_AGE", default=600)
    parsed["CONN_HEALTH_CHECKS"] = env.bool("APTIC_CONN_HEALTH_CHECKS", default=False)
    parsed["DISABLE_SERVER_SIDE_CURSORS"] = True  # PgBouncer in transaction mode
    # A server that vanished without a word is noticed after ten seconds (TCP only; a local socket always tells).
    parsed.setdefault("OPTIONS", {}).update(connect_timeout=5, keepalives_idle=5, tcp_user_timeout=10_000)
    limits = f"-c statement_timeout={env.int('APTIC_STATEMENT_MS', default=30_000)} -c lock_timeout=10000"
    if not env.bool("APTIC_PGBOUNCER", default=False):
        parsed["OPTIONS"]["options"] = limits
    return parsed


DATABASES = {
    "default": _database("DATABASE_URL"),
    "owner": _database("DATABASE_OWNER_URL", env.str("DATABASE_URL", default="")),
    "system": _database("DATABASE_SYSTEM_URL", env.str("DATABASE_URL", default="")),
}
DATABASES["owner"]["CONN_MAX_AGE"] = 0
DATABASES["owner"].get("OPTIONS", {}).pop("options", None)
DATABASE_ROUTERS = ["aptic.tenancy.routers.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Valkey, Celery -------------------------------------------------------------------------------------
REDIS_URL = env.redis("REDIS_URL", default="redis://localhost:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "aptic",
        # A page never waits for Valkey: one second attempt at once, then it does without.
        "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 1)},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# Celery has its own way of writing a socket's address.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)

# --- people and log-in -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/espace/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_ADAPTER = "aptic.accounts.adapter.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "aptic.accounts.forms.SignupDetails"
ACCOUNT_FORMS = {
    "login": "aptic.accounts.log_in_forms.LogIn",
    "signup": "aptic.accounts.log_in_forms.SignUp",
    "add_email": "aptic.accounts.log_in_forms.AddAddress",
    "change_password": "aptic.accounts.log_in_forms.ChangePassword",
    "reset_password": "aptic.accounts.log_in_forms.AskForPassword",
    "reset_password_from_key": "aptic.accounts.log_in_forms.NewPassword",
    "reauthenticate": "aptic.accounts.log_in_forms.GivePasswordAgain",
}
MFA_FORMS = {
    "authenticate": "aptic.accounts.log_in_forms.GiveCode",
    "reauthenticate": "aptic.accounts.log_in_forms.GiveCodeAgain",
    "activate_totp": "aptic.accounts.log_in_forms.ActivateTotp",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # an open session is not enough to change the address, or the password
ACCOUNT_EMAIL_NOTIFICATIONS = True  # whoever loses an account without knowing it hears of it
MFA_ADAPTER = "aptic.accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_ISSUER = SCHEME_NAME

# --- safety of pages -------------------------------------------------------------------------------------------
SESSION_COOKIE_AGE = 12 * 3600  # seconds: one working day
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "aptic.problems.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("APTIC_BEHIND_PROXY", default=False) else None
TRUSTED_PROXIES = env.int("APTIC_PROXIES", default=0)
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FILES = 2  # no form of ours has more than one
UPLOAD_MAX = (
    25_000_000  # bytes of a form's files: beyond, they are dropped on arrival (`takes_files`: more for one view)
)
FILE_UPLOAD_HANDLERS = [
    "aptic.documents.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- language, files, mail ---------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = ["aptic.formats"]
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
WHITENOISE_ADD_HEADERS_FUNCTION = add_headers
STATICFILES_DIRS = [BASE_DIR / "aptic" / "static", *([VAR / "vendor"] if (VAR / "vendor").is_dir() else [])]
MEDIA_ROOT = VAR / "files"
STORAGES = {
    "default": {  # of documents: opened at start by aptic.documents.apps
        "BACKEND": env.str("APTIC_FILES_BACKEND") or "django.core.files.storage.FileSystemStorage",
        "OPTIONS": env.json("APTIC_FILES_OPTIONS"),
    },
    "staticfiles": {"BACKEND": "aptic.static_files.NamedByContent"},
}
EMAIL_BACKEND = env.str("APTIC_EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = VAR / "mail"
EMAIL_HOST = env.str("APTIC_EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("APTIC_EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("APTIC_EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("APTIC_EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("APTIC_EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("APTIC_EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = env.int("APTIC_EMAIL_TIMEOUT", default=10)  # seconds: a server that says nothing holds no worker
DEFAULT_FROM_EMAIL = env.str("APTIC_FROM_EMAIL", default="Aptic <ne-pas-repondre@aptic.example>")

# --- paying actors: the operator's fee (400 = 4 % before tax), its VAT, and the scheme's own bank account -----------
FEE_BASIS_POINTS = env.int("APTIC_FEE_BASIS_POINTS", default=400)
VAT_BASIS_POINTS = env.int("APTIC_VAT_BASIS_POINTS", default=2000)
DEBTOR_NAME = env.str("APTIC_DEBTOR_NAME", default="")
DEBTOR_IBAN = env.str("APTIC_DEBTOR_IBAN", default="")
DEBTOR_BIC = env.str("APTIC_DEBTOR_BIC", default="")

# --- qualifying actors ---------------------------------------------------------------------------------------------
QUALIFICATION_YEARS = env.int("APTIC_QUALIFICATION_YEARS", default=3)  # then it is renewed
BANK_CHANGE_HOURS = env.int("APTIC_BANK_CHANGE_HOURS", default=48)  # between a changed account's notice and approval
COMPANY_REGISTER_URL = env.str("APTIC_COMPANY_REGISTER_URL", default="")  # empty: nobody is asked, people check

# --- interfaces --------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # each view says whose tokens it takes (aptic/accounts/api.py)
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "aptic.problems.handler",
    "DEFAULT_PAGINATION_CLASS": "aptic.paging.ByCursor",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Aptic",
    "DESCRIPTION": "Pass numériques : émettre, remettre, encaisser, régler.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "passes.openapi.complete"],
}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"hide_codes": {"()": "aptic.logs.HideCodes"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["hide_codes"]}},
    # Both tell each step of each PDF.
    "loggers": {"weasyprint": {"level": "ERROR"}, "fontTools": {"level": "ERROR"}},
    "root": {"handlers": ["console"], "level": env.one_of("APTIC_LOG_LEVEL", LEVELS, default="INFO")},
}
