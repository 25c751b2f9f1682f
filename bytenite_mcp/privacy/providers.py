"""Finds credentials by their format: a table of the prefixes that providers document.

Each row is a provider, the prefix of its credentials, and the rest. Prefix and rest are patterns in the syntax that
Python and Rust share, without look-around. The rest must not consist of ordinary words: `sk-learn` is not a key.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from bytenite_mcp.privacy.classify import is_placeholder, is_random
from bytenite_mcp.privacy.spans import Span
from bytenite_mcp.privacy.words import is_wordy


class Format(NamedTuple):
    """The format of a provider's credentials.

    Attributes:
        provider: The provider.
        prefix: A pattern of the prefix.
        rest: A pattern of the rest.
        sign: A pattern that every such credential contains, for the fast check, if the prefix is too common for it.
    """

    provider: str
    prefix: str
    rest: str
    sign: str = ""


_WORD = r"[A-Za-z0-9_-]"

TOKENS = (
    # Cloud
    Format(
        "AWS access key, and the secret beside it",
        "(?:AKIA|ASIA|ABIA|ACCA)",
        r"[A-Z0-9]{16}(?:[\s:,;/|]{1,4}[A-Za-z0-9/+]{40})?",
    ),
    Format("AWS Bedrock", "ABSK", "[A-Za-z0-9+/=]{40,}"),
    Format("Google API key", "AIza", f"{_WORD}{{35}}"),
    Format("Google Cloud Storage, interoperable", "GOOG1E", "[A-Z0-9]{55}"),
    Format("Google OAuth client secret", "GOCSPX-", f"{_WORD}{{20,}}"),
    Format("Google OAuth access token", r"ya29\.", f"{_WORD}{{20,}}"),
    Format("Google OAuth refresh token", "1//0", f"{_WORD}{{20,}}"),
    Format("Azure client secret", r"[A-Za-z0-9_~.-]{3}[0-9]Q~", r"[A-Za-z0-9_~.-]{31,}", r"[0-9]Q~"),
    Format(
        "Azure, a key of 32 bytes that names its service",
        r"[A-Za-z0-9+/]{33,44}(?:AzSe|AzCa|AzFu|AIoT|\+ASt|\+AEh|\+ARm|ACDb|\+ABa|\+AMC|\+ACR)",
        "[A-Za-z0-9+/]{4,}={0,2}",
        r"AzSe|AzCa|AzFu|AIoT|\+ASt|\+AEh|\+ARm|ACDb|\+ABa|\+AMC|\+ACR",
    ),
    Format("Azure DevOps", "[A-Za-z0-9]{72,76}AZDO", "[A-Za-z0-9]{4}", "AZDO"),
    Format("Alibaba Cloud", "LTAI", "[A-Za-z0-9]{12,24}"),
    Format("Tencent Cloud", "AKID", "[A-Za-z0-9]{32}"),
    Format("Yandex Cloud", "(?:AQVN|YCA[A-Z]|t1[.])", r"[A-Za-z0-9_-]{30,}"),
    Format("DigitalOcean", "do[opr]_v1_", "[a-f0-9]{32,}"),
    Format("Scaleway", "SCW", "[A-Z0-9]{17}"),
    Format("Heroku", "HRKU-", f"{_WORD}{{30,}}"),
    Format("Fly.io", "(?:fo1_|fm[12][ar]?_|FlyV1 )", "[A-Za-z0-9+/=_,-]{20,}"),
    Format("Netlify", "nfp_", f"{_WORD}{{30,}}"),
    Format("Vercel", "(?:vcp|vci|vca|vcr|vck)_", f"{_WORD}{{20,}}"),
    Format("Render", "rnd_", "[A-Za-z0-9]{20,}"),
    Format("Cloudflare", "cf(?:ut|at|k)_", "[A-Za-z0-9]{40,}"),
    Format("Cloudflare origin CA", r"v1\.0-", "[a-f0-9]{24}-[a-f0-9]{100,}"),
    Format("Supabase", "(?:sbp|sb_secret)_", f"{_WORD}{{20,}}"),
    Format("PlanetScale", "pscale_(?:tkn|oauth|pw)_", r"[A-Za-z0-9_.=-]{20,}"),
    Format("Neon", "napi_", "[a-z0-9]{20,}"),
    Format("MongoDB Atlas", "mdb_sa_sk_", f"{_WORD}{{20,}}"),
    Format("Tailscale", "tskey-[a-z]{2,12}-", f"{_WORD}{{10,}}"),
    Format("Hashicorp Vault", r"hv[sbr]\.", f"{_WORD}{{20,}}"),
    Format("Terraform Cloud", r"[A-Za-z0-9]{14}\.atlasv1\.", f"{_WORD}{{40,}}", r"\.atlasv1\."),
    Format("Doppler", r"dp\.(?:pt|st|ct|sa|scim|audit)\.", r"[A-Za-z0-9_.-]{20,}"),
    Format("Pulumi", "pul-", "[a-f0-9]{40}"),
    Format("1Password", "ops_", "eyJ[A-Za-z0-9_-]{40,}"),
    Format("age", "AGE-SECRET-KEY-1", "[0-9A-Za-z]{20,}"),
    Format("1Password secret key", "A3-[A-Z0-9]{6}-", "(?:[A-Z0-9]{5,11}-?){3,5}"),
    Format("OpenShift", "sha256~", f"{_WORD}{{40,}}"),
    Format("Scalingo", "tk-us-", f"{_WORD}{{40,}}"),
    Format("Salad", "salad_cloud_", "[A-Za-z0-9]{1,10}_[A-Za-z0-9]{20,}"),
    Format("Deno Deploy", "ddp_", "[A-Za-z0-9]{30,}"),
    # Source hosting and CI
    Format("GitHub", "gh[opsur]_", "[A-Za-z0-9_]{30,}"),
    Format("GitHub, fine-grained", "github_pat_", "[A-Za-z0-9_]{22,}"),
    Format("GitLab", "gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct|rtr)-", r"[A-Za-z0-9_.-]{16,}"),
    Format("GitLab runner", "GR1348941", f"{_WORD}{{20,}}"),
    Format("Bitbucket", "ATBB", "[A-Za-z0-9]{28,}"),
    Format("Atlassian", "AT[AC]TT3", "[A-Za-z0-9_=-]{40,}"),
    Format("CircleCI", "CCI(?:PAT|PRJ)_", f"{_WORD}{{20,}}"),
    Format("Buildkite", "bk(?:ua|aj|ct)_", "[A-Za-z0-9]{30,}"),
    Format("SonarQube", "sq[apu]_", "[a-f0-9]{40}"),
    Format("Sourcegraph", "(?:sgp|slk)_", "[A-Za-z0-9_]{40,}"),
    Format(
        "LaunchDarkly", "(?:sdk|mob|api)-", "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"
    ),
    Format("Postman", "PMAK-", "[a-f0-9]{24}-[a-f0-9]{34}"),
    Format("Prefect", "pn[ub]_", "[A-Za-z0-9]{30,}"),
    Format("Snyk", "snyk_[a-z]{2,4}", r"\.[A-Za-z0-9_.-]{20,}"),
    Format("Harness", r"(?:pat|sat)\.", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{20,}\.[A-Za-z0-9]{16,}"),
    Format("Octopus Deploy", "API-", "[A-Z0-9]{26}"),
    Format("Infracost", "ico-", "[A-Za-z0-9]{30,}"),
    # Packages
    Format("Packagist", "packagist_[a-z]{2,4}_", "[a-f0-9]{40,}"),
    Format("npm", "npm_", "[A-Za-z0-9]{30,}"),
    Format("PyPI", "pypi-A", f"{_WORD}{{30,}}"),
    Format("RubyGems", "rubygems_", "[a-f0-9]{40,}"),
    Format("Rust crates", "cio", "[A-Za-z0-9]{32}"),
    Format("NuGet", "oy2", "[a-z0-9]{43}"),
    Format("Docker Hub", "dckr_(?:pat|oat)_", f"{_WORD}{{20,}}"),
    Format("Clojars", "CLOJARS_", "[a-z0-9]{50,}"),
    Format("JFrog", "(?:AKCp|cmVmd)", "[A-Za-z0-9]{55,}"),
    # Chat and mail
    Format("Slack", r"(?:xox[abcdeoprs]|xoxe\.xox[bp]|xapp|xwfp)-", f"{_WORD}{{10,}}"),
    Format(
        "Discord",
        r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.",
        f"{_WORD}{{27,}}",
        r"\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{12}",
    ),
    Format("Discord, with a second factor", r"mfa\.", f"{_WORD}{{80,}}"),
    Format("Telegram", "[0-9]{8,10}:AA", f"{_WORD}{{30,}}", ":AA"),
    Format("Twilio", "SK", "[a-f0-9]{32}"),
    Format("SendGrid", r"SG\.", r"[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,}"),
    Format("Mailgun", "(?:key|pubkey)-", "[a-f0-9]{32}"),
    Format(
        "Mailgun, later ones", "[a-f0-9]{32}-[a-f0-9]{8}-", "[a-f0-9]{8}", "[a-f0-9]-[a-f0-9]{8}-[a-f0-9]{8}"
    ),
    Format("Mailchimp", "[a-f0-9]{32}-us", "[0-9]{1,2}", "[a-f0-9]-us[0-9]"),
    Format("Brevo", "x(?:keysib|smtpsib)-", "[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    Format("Resend", "re_", "[A-Za-z0-9]{6,}_?[A-Za-z0-9]{16,}"),
    # Payment and shops
    Format("Stripe", "(?:sk|rk)_(?:live|test|prod)_", "[A-Za-z0-9]{10,}"),
    Format("Stripe webhook", "whsec_", "[A-Za-z0-9+/=]{20,}"),
    Format("a webhook's signature", "v1=", "[a-f0-9]{64}"),
    Format("Square", "(?:sq0[a-z]{3}-|EAAA)", f"{_WORD}{{22,}}"),
    Format("PayPal Braintree", r"access_token\$(?:production|sandbox)\$", r"[a-z0-9]{16}\$[a-f0-9]{32}"),
    Format("Shopify", "shp(?:at|ca|pa|ss|tka|ua)_", "[A-Fa-f0-9]{32,}"),
    Format("Razorpay", "rzp_(?:live|test)_", "[A-Za-z0-9]{14,}"),
    Format("Plaid", "access-(?:sandbox|development|production)-", "[a-f0-9-]{36}"),
    Format("Flutterwave", "FLWSECK(?:_TEST)?-", r"[A-Za-z0-9-]{12,}"),
    Format("Shippo", "shippo_(?:live|test)_", "[a-f0-9]{40}"),
    Format("EasyPost", "EZ[AT]K", "[A-Za-z0-9]{50,}"),
    Format("Duffel", "duffel_(?:live|test)_", f"{_WORD}{{40,}}"),
    Format("Adyen", "AQE", "[A-Za-z0-9+/=-]{60,}"),
    # Models and data
    Format("OpenAI, Anthropic, OpenRouter, DeepSeek and others", "sk-", f"{_WORD}{{20,}}"),
    Format("Hugging Face", "(?:hf|api_org)_", "[A-Za-z0-9]{30,}"),
    Format("Replicate", "r8_", "[A-Za-z0-9]{30,}"),
    Format("Groq", "gsk_", "[A-Za-z0-9]{30,}"),
    Format("Tavily", "tvly-", "[A-Za-z0-9-]{20,}"),
    Format("xAI", "xai-", "[A-Za-z0-9]{40,}"),
    Format("Perplexity", "pplx-", "[A-Za-z0-9]{30,}"),
    Format("Together", "tgp_v1_", f"{_WORD}{{30,}}"),
    Format("Fireworks", "fw_", "[A-Za-z0-9]{20,}"),
    Format("NVIDIA", "nvapi-", f"{_WORD}{{40,}}"),
    Format("Cerebras", "csk-", "[a-z0-9]{40,}"),
    Format("LangSmith", "lsv2_(?:pt|sk)_", "[a-f0-9]{32}_[a-f0-9]{10}"),
    Format("Pinecone", "pcsk_", "[A-Za-z0-9_]{40,}"),
    Format("ElevenLabs", "sk_", "[a-f0-9]{40,}"),
    Format("RunPod", "rpa_", "[A-Za-z0-9]{30,}"),
    Format("Modal", "a[ks]-", "[A-Za-z0-9]{22}"),
    Format("Databricks", "dapi", "[a-f0-9]{32}(?:-[0-9])?"),
    Format("Weights & Biases", "wandb_v1_", f"{_WORD}{{30,}}"),
    Format("Apify", "apify_(?:api|proxy)_", "[A-Za-z0-9]{30,}"),
    Format("Adafruit", "aio_", "[A-Za-z0-9]{26,}"),
    # Monitoring and collaboration
    Format("New Relic license", "[a-f0-9]{32}", "(?:FFFFNRAL|[a-f0-9]{4}NRAL)", "NRAL"),
    Format("PostHog", "ph[xc]_", "[A-Za-z0-9]{40,}"),
    Format("Rootly", "rootly_", "[a-f0-9]{40,}"),
    Format("ReadMe", "rdme_", "[a-z0-9]{60,}"),
    Format("Frame.io", "fio-u-", f"{_WORD}{{50,}}"),
    Format("42", "s-s4t2(?:ud|af)-", "[a-f0-9]{60,}"),
    Format("New Relic", "NR(?:AK|JS|AA|II|BR|IQ|RA)-", f"{_WORD}{{19,}}"),
    Format("Sentry", "sntry[su]_", r"[A-Za-z0-9+/=_-]{40,}"),
    Format("Grafana", "(?:glc|glsa)_", r"[A-Za-z0-9+/=_]{30,}"),
    Format("Honeycomb", "hc[a-z]{3}_", "[a-z0-9]{50,}"),
    Format("Dynatrace", r"dt0[a-z][0-9]{2}\.", r"[A-Z0-9]{24}\.[A-Z0-9]{40,}"),
    Format("Linear", "lin_(?:api|oauth|wh)_", "[A-Za-z0-9]{30,}"),
    Format("Notion", "(?:ntn|secret)_", "[A-Za-z0-9]{40,}"),
    Format("Airtable", "pat[A-Za-z0-9]{14}[.]", "[a-f0-9]{64}"),
    Format("HubSpot", "pat-[a-z]{2}[0-9]-", "[a-f0-9-]{36}"),
    Format("ClickUp", "pk_[0-9]{4,10}_", "[A-Z0-9]{32}"),
    Format("Figma", "fig[dour]_", f"{_WORD}{{30,}}"),
    Format("Contentful", "CFPAT-", f"{_WORD}{{40,}}"),
    Format("Typeform", "tfp_", f"{_WORD}{{40,}}"),
    Format("Dropbox", r"sl\.", r"(?:[uA]\.)?[A-Za-z0-9_-]{100,}"),
    Format("Facebook", "EAA[A-Za-z]", "[A-Za-z0-9]{40,}"),
    Format("Twitter", "AAAAAAAAAAAAAAAAAAAA", "[A-Za-z0-9%]{40,}"),
    Format("Firebase messaging", "AAAA[A-Za-z0-9_-]{7}:", f"{_WORD}{{100,}}"),
    Format("Mapbox, secret", r"sk\.eyJ", r"[A-Za-z0-9_.-]{30,}"),
    Format("MaxMind", "[A-Za-z0-9]{6}_", "[A-Za-z0-9]{29}_mmk", "_mmk"),
    # Formats of several providers
    Format(
        "JSON Web Token",
        "eyJ",
        r"[A-Za-z0-9_-]{8,1000}\.(?:[A-Za-z0-9_-]{8,}|(?=\.))(?:\.[A-Za-z0-9_-]{0,4000}){0,3}",
    ),
    Format(
        "a password's hash",
        r"\$(?:2[abxy]|[156y]|apr1|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*|7)\$",
        r"[^\s\x22\x27]{12,}",
    ),
    Format("an LDAP password's hash", r"\{(?:SSHA|SHA|SMD5|CRYPT|PBKDF2)[0-9]*\}", "[A-Za-z0-9+/=$.]{12,}"),
    Format(
        "a private key in Base64",
        "LS0tLS1CRUdJTi(?:BQUkl|BSU0E|BFQy|BPUEV|BFTk|BEU0|BQR1A)",
        "[A-Za-z0-9+/=]{20,}",
    ),
)

_PATH = r"[^\s\x22\x27<>)\[]{8,}"
WEBHOOKS = (
    Format("Slack", r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/", _PATH),
    Format("Discord", r"discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/", _PATH),
    Format("Teams", r"(?:outlook\.office(?:365)?\.com/webhook|webhook\.office\.com/webhookb2)/", _PATH),
    Format("Zapier", r"hooks\.zapier\.com/hooks/", _PATH),
    Format("Make", r"hook\.[a-z0-9.]{0,10}(?:make|integromat)\.com/", _PATH),
    Format("IFTTT", r"maker\.ifttt\.com/trigger/[^/\s]{1,80}/(?:json/)?with/key/", f"{_WORD}{{8,}}"),
    Format("Telegram", r"api\.telegram\.org/(?:file/)?bot", f"[0-9]{{6,12}}(?::|%3A){_WORD}{{20,}}"),
    Format("PagerDuty", r"events\.pagerduty\.com/integration/", r"[a-f0-9]{20,}"),
    Format("Feishu, Lark", r"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/", r"[a-f0-9-]{20,}"),
    Format("Oracle Cloud, pre-authenticated request", r"\.oraclecloud\.com/p/", f"{_WORD}{{20,}}"),
    Format("Ethereum nodes", r"(?:infura\.io/v3|alchemy\.com/v2|quiknode\.pro)/", f"{_WORD}{{20,}}"),
    Format("Healthchecks", r"hc-ping\.com/", "[a-f0-9-]{20,}"),
    Format(
        "any other hook",
        r"/(?:hooks?|webhooks?|services/hooks)/(?:[a-z0-9_-]{1,40}/)?",
        r"[A-Za-z0-9_/-]{20,}",
    ),
)
"""URLs to which anyone can post who knows them; the part after the prefix is withheld."""

_SCHEMES = re.compile(
    r"(?i:\b(?:bearer|apikey|ssws|(?P<basic>basic))\s{1,3})(?!--|[\[(<{])(?P<value>[^\s\"',;<>)}\]]{8,})"
)
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9_])[a-z]{2,10}(?:_[a-z]{2,10}){0,2}_(?=[A-Za-z]*[0-9])(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])[A-Za-z0-9]{36,}"
)


def find_tokens(text: str) -> Iterator[Span]:
    """Find credentials by their format."""
    for found in _compile_tokens().finditer(text):
        if not is_wordy(found[0]):
            yield found.span()


def find_prefixed(text: str) -> Iterator[Span]:
    """Find credentials in the format of most providers: a short prefix, then random letters and digits."""
    return (found.span() for found in _PREFIXED.finditer(text))


def find_webhooks(text: str) -> Iterator[Span]:
    """Find the secret parts of webhooks' URLs."""
    for found in (found for pattern in _compile_webhooks() for found in pattern.finditer(text)):
        address = found[1].rstrip(".,;:)]}")
        if not is_placeholder(address) and not is_wordy(address):
            yield found.start(1), found.start(1) + len(address)


def find_after_schemes(text: str) -> Iterator[Span]:
    """Find the value after an authorization scheme without the header's name: `Bearer …`, `Basic …`."""
    for found in _SCHEMES.finditer(text):
        if is_random(found["value"]) or (found["basic"] and found["value"].endswith("=")):
            yield found.span("value")


@cache
def _compile_tokens() -> re.Pattern[str]:
    return re.compile(
        r"(?<![A-Za-z0-9])(?:" + "|".join(f"{known.prefix}{known.rest}" for known in TOKENS) + ")"
    )


@cache
def _compile_webhooks() -> list[re.Pattern[str]]:
    return [re.compile(f"{known.prefix}({known.rest})") for known in WEBHOOKS]


SCHEMES_HINT = r"(?i:bearer|basic|apikey|ssws)\s"
_PREFIXES = "|".join(known.prefix for known in TOKENS if not known.sign)
# The class before the prefixes stands once: one before each made the automaton so large that it was often rebuilt.
TOKENS_HINT = "|".join(
    [*(known.sign for known in TOKENS if known.sign), f"(?:^|[^A-Za-z0-9])(?:{_PREFIXES})"]
)
WEBHOOKS_HINT = "|".join(known.prefix for known in WEBHOOKS)
"""Patterns, in Rust's syntax: a text without a match has nothing that the functions above would find."""
