//! One rule.

use appserver_auth::config::{Condition, Rule, Test};

use super::Reader;
use crate::settings::value::{Json, Switch};
use crate::settings::{ClaimTest, JwtRule};

impl Reader<'_> {
    pub(super) fn rule(&mut self, (index, rule): (usize, &JwtRule)) -> Rule {
        let key = format!("rules.{index}");
        if rule.path.is_empty() {
            self.mistake(&key, "it has no `path`");
        }
        let mut claims = Vec::new();
        for (index, claim) in rule.claims.iter().enumerate() {
            claims.extend(self.condition(&format!("{key}.claims.{index}"), claim));
        }
        Rule {
            path: rule.path.clone(),
            exact: rule.exact.is_on(),
            methods: rule.methods.to_vec(),
            require: rule.require.0.clone(),
            scopes: rule.scopes.as_ref().map(|wanted| wanted.0.clone()),
            roles: rule.roles.as_ref().map(|wanted| wanted.0.clone()),
            claims,
            audiences: rule.audiences.to_vec(),
            bypass_preflight: rule.bypass_preflight.map(Switch::is_on),
        }
    }

    fn condition(&mut self, key: &str, claim: &ClaimTest) -> Option<Condition> {
        if claim.claim.is_empty() {
            self.mistake(key, "it names no `claim`");
        }
        let value = |json: &Option<Json>| json.as_ref().map(|json| json.0.clone());
        let one_of = Some(&claim.one_of).filter(|list| !list.is_empty());
        let tests = [
            value(&claim.equals).map(Test::Equals),
            one_of.map(|list| Test::OneOf(list.iter().map(|json| json.0.clone()).collect())),
            value(&claim.contains).map(Test::Contains),
            claim.prefix.clone().map(Test::Prefix),
            claim.exists.map(|exists| Test::Exists(exists.is_on())),
        ];
        let mut tests = tests.into_iter().flatten();
        match (tests.next(), tests.next()) {
            (Some(test), None) => Some(Condition { claim: claim.claim.clone(), test }),
            _ => {
                let problem =
                    "expected one of `equals`, `one_of`, `contains`, `prefix` and `exists`";
                self.mistake(key, problem);
                None
            }
        }
    }
}
