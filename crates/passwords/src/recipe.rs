//! How one stored text was made: algorithm, parameters and salt. From a recipe and a password the
//! whole text is made again, which is then compared; so nothing that Django would not have written
//! is right.

mod argon2;
mod bcrypt;
mod md5;
mod pbkdf2;
mod scrypt;

use crate::encode::EncodeError;
use crate::{Algorithm, Preferred};

pub use argon2::release_memory;

/// How a text is made from a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipe {
    Pbkdf2(pbkdf2::Recipe),
    Argon2(argon2::Recipe),
    Bcrypt(bcrypt::Recipe),
    Scrypt(scrypt::Recipe),
    Md5(md5::Recipe),
}

/// Why a stored text is no recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It is not in the form of its algorithm.
    Malformed,
    /// It asks for more work than is done for anybody.
    Excessive,
}

impl Recipe {
    /// The recipe of a stored text, given without the name of its algorithm.
    pub(crate) fn read(algorithm: Algorithm, rest: &str) -> Result<Self, Unusable> {
        match algorithm {
            Algorithm::Pbkdf2Sha256 | Algorithm::Pbkdf2Sha1 => {
                pbkdf2::Recipe::read(algorithm, rest).map(Self::Pbkdf2)
            }
            Algorithm::Argon2 => argon2::Recipe::read(rest).map(Self::Argon2),
            Algorithm::BcryptSha256 | Algorithm::Bcrypt => {
                bcrypt::Recipe::read(algorithm, rest).map(Self::Bcrypt)
            }
            Algorithm::Scrypt => scrypt::Recipe::read(rest).map(Self::Scrypt),
            Algorithm::Md5 => md5::Recipe::read(rest).map(Self::Md5),
        }
    }

    /// A new recipe of what is preferred, with a salt of its own.
    pub(crate) fn new(preferred: &Preferred) -> Result<Self, EncodeError> {
        let recipe = match *preferred {
            Preferred::Pbkdf2Sha256 { iterations } | Preferred::Pbkdf2Sha1 { iterations } => {
                Self::Pbkdf2(pbkdf2::Recipe::new(preferred.algorithm(), iterations)?)
            }
            Preferred::Argon2 { memory, time, parallelism } => {
                Self::Argon2(argon2::Recipe::new(memory, time, parallelism)?)
            }
            Preferred::BcryptSha256 { cost } | Preferred::Bcrypt { cost } => {
                Self::Bcrypt(bcrypt::Recipe::new(preferred.algorithm(), cost)?)
            }
            Preferred::Scrypt { work, block_size, parallelism } => {
                Self::Scrypt(scrypt::Recipe::new(work, block_size, parallelism)?)
            }
            Preferred::Md5 => Self::Md5(md5::Recipe::new()?),
        };
        if recipe.is_excessive() {
            return Err(EncodeError::Parameters);
        }
        Ok(recipe)
    }

    /// The text for this password.
    pub(crate) fn encode(&self, password: &str) -> Result<String, EncodeError> {
        #[cfg(test)]
        tests::COMPUTED.with_borrow_mut(|computed| computed.push(self.clone()));
        match self {
            Self::Pbkdf2(recipe) => recipe.encode(password),
            Self::Argon2(recipe) => recipe.encode(password),
            Self::Bcrypt(recipe) => recipe.encode(password),
            Self::Scrypt(recipe) => recipe.encode(password),
            Self::Md5(recipe) => Ok(recipe.encode(password)),
        }
    }

    /// Whether a text of this recipe would be made in the same way today: the parameters are those
    /// that are preferred, and the salt is long enough.
    pub(crate) fn is_current(&self, preferred: &Preferred) -> bool {
        match self {
            Self::Pbkdf2(recipe) => recipe.is_current(preferred),
            Self::Argon2(recipe) => recipe.is_current(preferred),
            Self::Bcrypt(recipe) => recipe.is_current(preferred),
            Self::Scrypt(recipe) => recipe.is_current(preferred),
            Self::Md5(recipe) => recipe.is_current(),
        }
    }

    /// What is to be computed beside this recipe, and how often, to take as long as what is
    /// preferred; nothing where that is another algorithm, or less work.
    pub(crate) fn shortfall(&self, preferred: &Preferred) -> Option<(Self, u32)> {
        let once = |recipe| (recipe, 1);
        match self {
            Self::Pbkdf2(recipe) => recipe.shortfall(preferred).map(Self::Pbkdf2).map(once),
            Self::Argon2(recipe) => recipe.shortfall(preferred).map(Self::Argon2).map(once),
            Self::Bcrypt(recipe) => {
                Some((Self::Bcrypt(recipe.clone()), recipe.shortfall(preferred)?))
            }
            Self::Scrypt(recipe) => recipe.shortfall(preferred).map(Self::Scrypt).map(once),
            Self::Md5(_) => None,
        }
    }

    /// Whether it is more work than is done for anybody.
    fn is_excessive(&self) -> bool {
        match self {
            Self::Pbkdf2(recipe) => recipe.is_excessive(),
            Self::Argon2(recipe) => recipe.is_excessive(),
            Self::Bcrypt(recipe) => recipe.is_excessive(),
            Self::Scrypt(recipe) => recipe.is_excessive(),
            Self::Md5(_) => false,
        }
    }
}

/// The fields of a text between `$`, if there are as many as this.
fn fields<const COUNT: usize>(text: &str) -> Result<[&str; COUNT], Unusable> {
    let mut fields = text.split('$');
    let found = std::array::from_fn(|_| fields.next());
    if fields.next().is_some() || found.contains(&None) {
        return Err(Unusable::Malformed);
    }
    Ok(found.map(Option::unwrap_or_default))
}

/// A number as it is written in stored texts. One that is no `u32` is more work than is done.
fn number(text: &str) -> Result<u32, Unusable> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unusable::Malformed);
    }
    text.parse().map_err(|_| Unusable::Excessive)
}

/// A salt that Django would hash with.
fn salt(text: &str) -> Result<String, Unusable> {
    if text.is_empty() { Err(Unusable::Malformed) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;

    use super::Recipe;

    thread_local! {
        /// What this thread has computed: the time that something takes, without a clock.
        pub(crate) static COMPUTED: RefCell<Vec<Recipe>> = const { RefCell::new(Vec::new()) };
    }

    impl Recipe {
        /// Rounds of PBKDF2 or of bcrypt; of others how often they are computed.
        pub(crate) fn rounds(&self) -> u64 {
            match self {
                Self::Pbkdf2(recipe) => recipe.rounds(),
                Self::Bcrypt(recipe) => recipe.rounds(),
                _ => 1,
            }
        }
    }
}
