//! `token`: what does a token say, and what does the policy make of it?

use std::fs;
use std::io::{self, Read};

use appserver_issuer::Host;

use crate::auth::{self, Inspected, Question, Shape};
use crate::cli::{AppKind, TokenAction, TokenText, Verify};
use crate::commands::{child, print, warn};
use crate::failure::{Failure, FailureKind};
use crate::issuing::{self, Operation};
use crate::launch;
use crate::settings::{self, Sources};

/// Does either.
pub(super) fn token(kind: AppKind, sources: &Sources, action: TokenAction) -> Result<u8, Failure> {
    match action {
        TokenAction::Inspect { token, json } => inspect(sources, token, json),
        TokenAction::Verify(verify) => self::verify(kind, sources, verify),
        TokenAction::Operate(operation) => operate(kind, sources, &operation),
    }
}

/// Done as whom workers run as, so that they can open what this makes. What only the application
/// knows is known where it is loaded. Revoking makes nothing: what is not there, nobody reads.
fn operate(kind: AppKind, sources: &Sources, operation: &Operation) -> Result<u8, Failure> {
    let loaded = settings::load(sources)?;
    let resolved = auth::resolve(&loaded, &sources.environment)?;
    warn(&resolved.warnings);
    let config = resolved.issuer.ok_or_else(|| {
        let text = "the server does not give tokens out";
        Failure::new(FailureKind::Usage, text).hint("set `auth.jwt.issue.enabled = true`")
    })?;
    let identity = loaded.settings.identity();
    if !operation.only_revokes() {
        issuing::state::make_all((&loaded, &sources.environment), &config)?;
    }
    let is_of_callback = config.has_callback && matches!(operation, Operation::Issue { .. });
    if !config.from_django && !is_of_callback {
        identity.assume().map_err(|error| Failure::of(FailureKind::Failed, &error))?;
        return Ok(print(&operation.perform(&config, Host::default())?));
    }
    let (handed, _) = launch::handed(kind, &loaded, sources)?;
    identity.assume().map_err(|error| Failure::of(FailureKind::Failed, &error))?;
    child::run((&handed, sources), "operate", &(&handed, operation))
}

/// The settings only say which provider would look at the token, so that wrong ones do not matter.
fn inspect(sources: &Sources, token: Option<TokenText>, json: bool) -> Result<u8, Failure> {
    let token = single(token)?;
    let jwt = settings::load(sources).map(|loaded| loaded.settings.auth.jwt).unwrap_or_default();
    let inspected = Inspected::new(&token, &jwt).ok_or_else(|| {
        let text = "this is no token: expected three parts between dots";
        Failure::new(FailureKind::Failed, text)
    })?;
    Ok(print(&inspected.text(json)))
}

fn verify(kind: AppKind, sources: &Sources, verify: Verify) -> Result<u8, Failure> {
    let loaded = settings::load(sources)?;
    let resolved = auth::resolve(&loaded, &sources.environment)?;
    warn(&resolved.warnings);
    let mut config = resolved.config.ok_or_else(|| {
        let text = "nobody has to say who they are: no provider of tokens is set";
        Failure::new(FailureKind::Usage, text).hint("set one in `[auth.jwt.providers.NAME]`")
    })?;
    let question = question(verify)?;
    if config.from_django {
        // What the project says is only known where it is loaded.
        let (handed, _) = launch::handed(kind, &loaded, sources)?;
        if handed.target.is_some() {
            return child::run((&handed, sources), "token", &(&handed, &question));
        }
    }
    if let Some(issuing) = &resolved.issuer {
        issuing::put_keys(&mut config, issuing)?;
    }
    let answered = question.answer(&config)?;
    print(&answered.text);
    Ok(answered.code)
}

fn question(verify: Verify) -> Result<Question, Failure> {
    let Verify { method, path, token, json, batch, jwks } = verify;
    let (tokens, shape) = match (batch, json) {
        (true, _) => (lines(), Shape::Lines),
        (false, true) => (single(token).map(|token| vec![token]), Shape::Json),
        (false, false) => (single(token).map(|token| vec![token]), Shape::Text),
    };
    // An empty line is an empty token; nothing at all is a request without one.
    let is_token = |token: &String| batch || !token.is_empty();
    let tokens = tokens?.into_iter().map(|token| Some(token).filter(is_token)).collect();
    let jwks = jwks.map(|path| {
        let text = fs::read_to_string(&path).map_err(|error| {
            let text = format!("cannot read {}: {error}", path.display());
            Failure::new(FailureKind::Failed, text)
        })?;
        Ok::<_, Failure>((text, path.display().to_string()))
    });
    Ok(Question { method, path, tokens, shape, jwks: jwks.transpose()? })
}

/// The token that was named, or the one of the standard input, where other users cannot read it.
fn single(token: Option<TokenText>) -> Result<String, Failure> {
    let text = match token {
        Some(TokenText(text)) if text != "-" => text,
        _ => input()?,
    };
    let text = text.trim();
    // As it stands in a header field.
    let bare = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer "));
    Ok(bare.map_or(text, |scheme| text.get(scheme.len()..).unwrap_or_default().trim()).to_owned())
}

/// The tokens of the standard input, one per line.
fn lines() -> Result<Vec<String>, Failure> {
    let text = input()?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.split('\n').map(str::to_owned).collect())
}

/// What is no UTF-8 stays no token: other characters stand for it.
fn input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|error| {
        Failure::new(FailureKind::Failed, format!("cannot read the standard input: {error}"))
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
