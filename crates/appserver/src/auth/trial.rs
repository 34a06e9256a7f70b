//! A gate that is built in the master, only to see whether that can be done.
//!
//! Where a Django project is to be asked first, something stands for what it will say, so that what is
//! wrong with the other providers and the rules is known at once, with its place.

use appserver_auth::config::{Keys, RemoteUrl};
use appserver_auth::django::PROVIDER;
use appserver_auth::policy::MOST_PROVIDERS;
use appserver_auth::{Algorithm, Config, Gate};

use super::{Reader, keys};
use crate::settings::{Jwks, JwtProvider};

/// No secret: it verifies nothing, and goes nowhere. Long enough for every algorithm.
const STAND_IN: &[u8] = b"q7Jw2ZrN0vYk5TfLx9HsBd3GmPc8VuEa1QoRi6XtSyWnKjMhUzFgDlAbCe4OpI2v";

impl Reader<'_> {
    /// Adds what is wrong with the whole.
    pub(super) fn try_out(&mut self, config: &Config) {
        let mut config = config.clone();
        if config.from_django {
            self.stand_in(&mut config);
        }
        if config.providers.len() > MOST_PROVIDERS {
            let count = config.providers.len();
            let problem = format!("there are {count} providers, more than {MOST_PROVIDERS}");
            self.mistake("providers", problem);
            return;
        }
        for error in Gate::new(config).err().into_iter().flatten() {
            self.mistake(&error.place, error.problem);
        }
    }

    /// The project's provider, with keys of the kind that it will have.
    fn stand_in(&mut self, config: &mut Config) {
        let name = PROVIDER.to_owned();
        if config.providers.iter().all(|provider| provider.name != name) {
            let provider = self.provider((&name, &JwtProvider::default()));
            config.providers.insert(0, provider);
        }
        let asked = config.providers.iter_mut().filter(|each| each.keys == Keys::Django);
        for provider in asked {
            if provider.algorithms.is_empty() {
                provider.algorithms.push(Algorithm::HS256);
            }
            let is_symmetric = provider.algorithms.iter().all(|each| each.is_symmetric());
            provider.keys = if is_symmetric {
                Keys::Secrets(vec![STAND_IN.to_vec()])
            } else {
                let url = RemoteUrl::Set(String::new());
                Keys::Remote(keys::fetched(url, &Jwks::default(), None))
            };
        }
    }
}
