//! Checking: whether a password is the one of a stored text, in Django's steps.
//!
//! Where the stored text can be nobody's password, a hash of the preferred kind is computed all the
//! same. Where it was made by the preferred algorithm with less work, a wrong password costs the
//! rest as well; Django does so for PBKDF2 and bcrypt, this for Argon2 and scrypt too. Where it was
//! made by another algorithm, a wrong password takes as long as that, here and in Django: whoever
//! measures can tell that there is such a user, who has not logged in since the preference changed.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::recipe::{Recipe, Unusable};
use crate::{Algorithm, Checked, Hashers, limits};

impl Hashers {
    /// Checks a password against a stored text; `None` is that of a user that there is not. Takes as
    /// long as the hash, and blocks. Who calls limits how long a password may be.
    #[must_use]
    pub fn check(&self, password: &str, stored: Option<&str>) -> Checked {
        let Some(stored) = stored.filter(|text| !text.starts_with('!')) else {
            return self.waste(password, None);
        };
        match self.recipe(stored) {
            Ok(recipe) => self.compare(&recipe, password, stored),
            Err(problem) => self.waste(password, Some(problem)),
        }
    }

    fn recipe(&self, stored: &str) -> Result<Recipe, &'static str> {
        const MALFORMED: &str = "the stored password is malformed";
        if stored.len() > limits::STORED {
            return Err(MALFORMED);
        }
        let (name, rest) = stored.split_once('$').unwrap_or((stored, ""));
        let algorithm =
            Algorithm::named(name).ok_or("the stored password is of no known hasher")?;
        if algorithm != self.preferred.algorithm() && !self.accepted.contains(&algorithm) {
            return Err("the stored password is of a hasher that is not accepted");
        }
        Recipe::read(algorithm, rest).map_err(|unusable| match unusable {
            Unusable::Malformed => MALFORMED,
            Unusable::Excessive => "the stored password would take too much work",
        })
    }

    fn compare(&self, recipe: &Recipe, password: &str, stored: &str) -> Checked {
        let is_current = recipe.is_current(&self.preferred);
        let Ok(encoded) = recipe.encode(password) else {
            return self.waste(password, Some("the stored password cannot be computed"));
        };
        let is_right = verify_slices_are_equal(encoded.as_bytes(), stored.as_bytes()).is_ok();
        if !is_right {
            self.harden(recipe, password);
        }
        Checked { is_right, is_outdated: is_right && !is_current, problem: None }
    }

    /// Computes what a hash with the preferred parameters would take more.
    fn harden(&self, recipe: &Recipe, password: &str) {
        let Some((rest, times)) = recipe.shortfall(&self.preferred) else { return };
        for _ in 0..times {
            let _ = std::hint::black_box(rest.encode(password));
        }
    }

    /// Computes a hash that is nobody's.
    fn waste(&self, password: &str, problem: Option<&'static str>) -> Checked {
        let _ = std::hint::black_box(self.encode(password));
        Checked { is_right: false, is_outdated: false, problem }
    }
}

#[cfg(test)]
mod tests;
