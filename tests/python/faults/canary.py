"""Secrets that a run is given, and that must turn up nowhere."""

CANARY = "canary-that-nobody-may-ever-see"
SECRETS = {
    "FUNNEL_POSTGRES": f"postgresql://owner:{CANARY}@127.0.0.1:1/nowhere",
    "FUNNEL_ERASURE_KEY": CANARY,
    "PGPASSWORD": CANARY,
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "DESTINATION__POSTGRES__CREDENTIALS__PASSWORD": CANARY,
}
