//! The provider that simplejwt's settings amount to.

use super::reading::{Names, wrong};
use super::{DjangoProject, PROVIDER};
use crate::Algorithm;
use crate::config::{Keys, Provider, Remote, RemoteUrl, Source};
use crate::key::secret;

/// What the project says. `is_keyless` tells that its algorithm and its keys are wanted, too.
pub(super) fn read(project: &DjangoProject, is_keyless: bool) -> Result<Provider, String> {
    let names = Names(project);
    let mut provider = unset();
    if is_keyless {
        let algorithm = algorithm(names)?;
        provider.algorithms = vec![algorithm];
        provider.keys = keys(names, algorithm)?;
    }
    provider.issuer = issuer(names)?;
    provider.audiences = names.texts("AUDIENCE")?.unwrap_or_default();
    provider.leeway = names.seconds("LEEWAY")?;
    provider.sources = sources(names)?;
    provider.user_claim = wanted(names, "USER_ID_CLAIM")?;
    if names.texts("AUTH_TOKEN_CLASSES")?.is_none() {
        return Err(wrong("AUTH_TOKEN_CLASSES", "is None: no token would be accepted"));
    }
    if let Some(claim) = names.text("TOKEN_TYPE_CLAIM")? {
        provider.token_type_claim = claim;
        provider.token_types = token_types(project);
    }
    // simplejwt wants `exp` always, and an id unless that is switched off.
    provider.id_claim = names.text("JTI_CLAIM")?;
    provider.required.extend(provider.id_claim.clone());
    Ok(provider)
}

/// Puts in what is found wherever nothing else is written.
pub(super) fn fill(written: &mut Provider, found: Provider) {
    let unset = unset();
    macro_rules! fill {
        ($($field:ident)*) => {
            $(if written.$field == unset.$field {
                written.$field = found.$field;
            })*
        };
    }
    if written.keys == Keys::Django {
        written.keys = found.keys;
        if written.algorithms.is_empty() {
            written.algorithms = found.algorithms;
        }
    }
    fill! {
        issuer audiences types token_types token_type_claim user_claim id_claim leeway required max_lifetime
        subjects sources scope_claims role_claims
    }
}

/// A provider of which nothing is set: the defaults of the settings.
pub(super) fn unset() -> Provider {
    Provider::new(PROVIDER, Vec::new(), Keys::Django)
}

pub(super) fn algorithm(names: Names<'_>) -> Result<Algorithm, String> {
    let name = wanted(names, "ALGORITHM")?;
    Algorithm::named(&name).ok_or_else(|| {
        let known: Vec<&str> = Algorithm::ALL.into_iter().map(Algorithm::name).collect();
        let problem =
            format!("is {name:?}, which is not supported; use one of {}", known.join(", "));
        wrong("ALGORITHM", &problem)
    })
}

fn keys(names: Names<'_>, algorithm: Algorithm) -> Result<Keys, String> {
    if algorithm.is_symmetric() {
        return Ok(Keys::Chosen(vec![secret(names, algorithm)?]));
    }
    let url = names.text_or_empty("JWK_URL")?;
    if let Some(url) = url.filter(|url| !url.is_empty()) {
        if !url.starts_with("https://") {
            let remedy = "is no https address; to allow it, write the provider `django` with \
                          jwks_url and allow_http into the server's settings";
            return Err(wrong("JWK_URL", remedy));
        }
        return Ok(Keys::Remote(Remote::new(RemoteUrl::Set(url))));
    }
    let text = names.text_or_empty("VERIFYING_KEY")?;
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| {
        let problem = format!("is empty, and {} is verified with a public key", algorithm.name());
        wrong("VERIFYING_KEY", &format!("{problem}; put its PEM text there"))
    })?;
    Ok(Keys::Pem(vec![("SIMPLE_JWT[\"VERIFYING_KEY\"]".to_owned(), text)]))
}

/// The secret of HMAC. Tokens are signed with it already, but anybody can sign with one that is known
/// or short; only what `startproject` makes is long enough to live with.
fn secret(names: Names<'_>, algorithm: Algorithm) -> Result<Vec<u8>, String> {
    let (name, secret) = named_secret(names)?;
    let Some(weakness) = secret::weakness(&secret, algorithm) else { return Ok(secret) };
    if is_of_startproject(&secret, algorithm) {
        return Ok(secret);
    }
    Err(format!("{name} cannot be used, because anybody could sign tokens: {}", weakness.problem))
}

/// The secret, and the setting that it is in.
pub(super) fn named_secret(names: Names<'_>) -> Result<(&'static str, Vec<u8>), String> {
    let signing = names.secret("SIGNING_KEY")?;
    if names.is_set("SIGNING_KEY") {
        return Ok(("SIMPLE_JWT[\"SIGNING_KEY\"]", signing.unwrap_or_default()));
    }
    Ok(("SECRET_KEY", signing.unwrap_or_else(|| names.0.secret_key.clone().into_bytes())))
}

/// Whether a secret is one that Django made for development, at random.
fn is_of_startproject(secret: &[u8], algorithm: Algorithm) -> bool {
    let random = secret.strip_prefix(secret::DJANGO);
    secret.len() >= secret::minimum(algorithm)
        && random.is_some_and(|random| secret::weakness(random, Algorithm::HS256).is_none())
}

/// A text that has to be there.
fn wanted(names: Names<'_>, name: &str) -> Result<String, String> {
    names.text(name)?.ok_or_else(|| wrong(name, "is None: simplejwt would accept no token"))
}

fn issuer(names: Names<'_>) -> Result<Option<String>, String> {
    let mut issuers = names.texts("ISSUER")?.unwrap_or_default();
    if issuers.len() > 1 {
        let remedy = "has several values; write one provider for each into the server's settings";
        return Err(wrong("ISSUER", remedy));
    }
    Ok(issuers.pop())
}

/// Where simplejwt looks. Its schemes are compared exactly, ours without regard to case, as RFC 9110
/// section 11.1 has it.
fn sources(names: Names<'_>) -> Result<Vec<Source>, String> {
    let variable = wanted(names, "AUTH_HEADER_NAME")?;
    let Some(field) = variable.strip_prefix("HTTP_").filter(|field| !field.is_empty()) else {
        return Err(wrong("AUTH_HEADER_NAME", "names no header field: it has to begin with HTTP_"));
    };
    let field = field.to_ascii_lowercase().replace('_', "-");
    let schemes = names.texts("AUTH_HEADER_TYPES")?;
    let none = || wrong("AUTH_HEADER_TYPES", "is None: no token would be found");
    let schemes = schemes.ok_or_else(none)?;
    Ok(schemes.iter().map(|scheme| header(&field, scheme)).collect())
}

fn header(name: &str, scheme: &str) -> Source {
    Source::Header { name: name.to_owned(), scheme: scheme.to_owned() }
}

/// The kinds of tokens that open a view. The class for tokens of any kind has one that no token has.
fn token_types(project: &DjangoProject) -> Vec<String> {
    let is_any = project.token_types.iter().any(|kind| kind == "untyped");
    if is_any { Vec::new() } else { project.token_types.clone() }
}
