//! Whether tokens for somebody else open the site (RFC 8725 section 3.9).

use appserver_auth::Config;
use appserver_auth::config::{Keys, Presence, Provider, Requirement, Rule};
use appserver_auth::django::PROVIDER;

/// What should be looked at: issuers whose keys are fetched make tokens for many, and nothing says
/// that one has to be for this site.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let is_open = |provider: &&Provider| {
        let may_learn = config.from_django && provider.name == PROVIDER;
        matches!(provider.keys, Keys::Remote(_))
            && provider.audiences.is_empty()
            && !may_learn
            && is_reached_without(config, &provider.name)
    };
    let told = |provider: &Provider| {
        format!(
            "auth.jwt.providers.{}: any token that its issuer has made for anybody is accepted; set \
             `audiences` to what the tokens for this site have in `aud`",
            provider.name
        )
    };
    config.providers.iter().filter(is_open).map(told).collect()
}

/// Whether tokens of this provider count somewhere without a look at their audience.
fn is_reached_without(config: &Config, name: &str) -> bool {
    let by_default =
        config.default != Presence::None && !config.rules.iter().any(covers_everything);
    let mut rules = config.rules.iter();
    by_default || rules.any(|rule| rule.audiences.is_empty() && reaches(&rule.require, name))
}

fn covers_everything(rule: &Rule) -> bool {
    !rule.exact && rule.methods.is_empty() && ["/", "/**"].contains(&rule.path.as_str())
}

fn reaches(require: &Requirement, name: &str) -> bool {
    match require {
        Requirement::None | Requirement::Missing => false,
        Requirement::Optional | Requirement::Required => true,
        Requirement::Provider(wanted) => wanted == name,
        Requirement::All(parts) | Requirement::Any(parts) => {
            parts.iter().any(|part| reaches(part, name))
        }
    }
}
