//! What simplejwt does that cannot be done in front of the application.

use super::provider;
use super::reading::Names;
use super::{DjangoProject, Note};
use crate::config::Provider;
use crate::key::secret;

/// The classes that come with simplejwt.
const KNOWN_CLASSES: &str = "rest_framework_simplejwt.tokens.";

/// All of them. `is_keyless` tells that the project's keys are used.
pub(super) fn of(project: &DjangoProject, is_keyless: bool) -> Result<Vec<Note>, String> {
    let names = Names(project);
    let weak = if is_keyless { weakness(names)? } else { None };
    let checks = [weak, classes(names)?, blacklist(project), revoking(names)];
    let more = [encoder(names)?, rule(project), user(names)?];
    Ok(checks.into_iter().chain(more).flatten().map(Note).collect())
}

fn weakness(names: Names<'_>) -> Result<Option<String>, String> {
    let Some(algorithm) = provider::algorithm(names).ok().filter(|it| it.is_symmetric()) else {
        return Ok(None);
    };
    let (name, key) = provider::named_secret(names)?;
    Ok(secret::weakness(&key, algorithm).map(|weakness| {
        let problem = weakness.problem;
        format!("{name} is weak, and whoever knows it can sign tokens: {problem}")
    }))
}

/// Where the project is less strict than what may have been meant by a default of the server's.
pub(super) fn looser(written: &Provider, found: &Provider) -> Option<Note> {
    let is_looser = written.leeway.is_zero() && !found.leeway.is_zero();
    is_looser.then(|| {
        let seconds = found.leeway.as_secs_f64();
        Note(format!(
            "LEEWAY is {seconds} seconds, and goes over a leeway of \"0s\" in the server's settings; \
             write \"1ms\" there for none"
        ))
    })
}

fn classes(names: Names<'_>) -> Result<Option<String>, String> {
    let mut others = names.texts("AUTH_TOKEN_CLASSES")?.unwrap_or_default();
    others.retain(|class| !class.starts_with(KNOWN_CLASSES));
    Ok((!others.is_empty()).then(|| {
        let others = others.join(", ");
        format!(
            "AUTH_TOKEN_CLASSES: what {others} checks besides the claims is not checked by the \
             server; simplejwt's own authentication class still does"
        )
    }))
}

fn blacklist(project: &DjangoProject) -> Option<String> {
    let has_list = project
        .installed_apps
        .iter()
        .any(|app| app.starts_with("rest_framework_simplejwt.token_blacklist"));
    let has_sliding = project.token_types.iter().any(|kind| kind == "sliding");
    (has_list && has_sliding).then(|| {
        "the blacklist is not asked by the server: a sliding token on it passes; simplejwt's own \
         authentication class still refuses it"
            .to_owned()
    })
}

fn revoking(names: Names<'_>) -> Option<String> {
    names.is_true("CHECK_REVOKE_TOKEN").then(|| {
        "CHECK_REVOKE_TOKEN is not checked by the server, which has no users; the authentication \
         classes do, except for users made of the token alone"
            .to_owned()
    })
}

fn encoder(names: Names<'_>) -> Result<Option<String>, String> {
    Ok(names.text_or_empty("JSON_ENCODER")?.map(|_| {
        "JSON_ENCODER is for whoever signs; the server reads claims as plain JSON".to_owned()
    }))
}

fn rule(project: &DjangoProject) -> Option<String> {
    let is_set = project.set.iter().any(|name| name == "USER_AUTHENTICATION_RULE");
    (is_set && !project.is_served).then(|| {
        "USER_AUTHENTICATION_RULE is not asked by the server: it stays with the views that give \
         tokens out"
            .to_owned()
    })
}

fn user(names: Names<'_>) -> Result<Option<String>, String> {
    let field = names.text("USER_ID_FIELD")?.unwrap_or_else(|| "id".to_owned());
    let model = names.0.user.as_ref().filter(|model| !model.fields.contains(&field));
    Ok(model.filter(|_| field != "pk").map(|model| {
        format!(
            "USER_ID_FIELD is {field:?}, which {} does not have: no user will be found",
            model.label
        )
    }))
}
