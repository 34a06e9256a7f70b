//! The project's ways to hash passwords, as ours.

use appserver_passwords::{Algorithm, Hashers, Preferred};

use super::{Hasher, project};

/// Those of a project, or why they are none of ours.
pub(super) fn of(found: &project::Hashers) -> Result<Hashers, String> {
    let Some(first) = found.hashers.first() else {
        let empty = "PASSWORD_HASHERS is empty".to_owned();
        return Err(if found.problem.is_empty() { empty } else { found.problem.clone() });
    };
    let unknown = |hasher: &Hasher| format!("PASSWORD_HASHERS has {}", hasher.algorithm);
    let accepted: Result<Vec<Algorithm>, String> = found
        .hashers
        .iter()
        .map(|hasher| algorithm(&hasher.algorithm).ok_or_else(|| unknown(hasher)))
        .collect();
    let preferred = preferred(first).ok_or_else(|| unknown(first))?;
    Ok(Hashers { preferred, accepted: accepted? })
}

fn algorithm(name: &str) -> Option<Algorithm> {
    Some(match name {
        "pbkdf2_sha256" => Algorithm::Pbkdf2Sha256,
        "pbkdf2_sha1" => Algorithm::Pbkdf2Sha1,
        "argon2" => Algorithm::Argon2,
        "bcrypt_sha256" => Algorithm::BcryptSha256,
        "bcrypt" => Algorithm::Bcrypt,
        "scrypt" => Algorithm::Scrypt,
        "md5" => Algorithm::Md5,
        _ => return None,
    })
}

fn preferred(hasher: &Hasher) -> Option<Preferred> {
    let value = |name: &str| hasher.parameters.get(name).copied();
    Some(match algorithm(&hasher.algorithm)? {
        Algorithm::Pbkdf2Sha256 => Preferred::Pbkdf2Sha256 { iterations: value("iterations")? },
        Algorithm::Pbkdf2Sha1 => Preferred::Pbkdf2Sha1 { iterations: value("iterations")? },
        Algorithm::Argon2 => Preferred::Argon2 {
            memory: value("memory_cost")?,
            time: value("time_cost")?,
            parallelism: value("parallelism")?,
        },
        Algorithm::BcryptSha256 => Preferred::BcryptSha256 { cost: value("rounds")? },
        Algorithm::Bcrypt => Preferred::Bcrypt { cost: value("rounds")? },
        Algorithm::Scrypt => Preferred::Scrypt {
            work: value("work_factor")?,
            block_size: value("block_size")?,
            parallelism: value("parallelism")?,
        },
        Algorithm::Md5 => Preferred::Md5,
    })
}
