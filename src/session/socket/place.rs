//! Names of engines, and why a place to listen cannot be had. Where the places are is the system's affair.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

/// What an engine is called by those who talk to it: 1 to 64 of the letters `a` to `z` and `A` to `Z`, digits, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineName(String);

impl EngineName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that the `number`th engine has that was given none: `aither`, `aither-2` and so on.
    pub fn nth(number: usize) -> EngineName {
        let plain = EngineName::default();
        if number < 2 { plain } else { EngineName(format!("{plain}-{number}")) }
    }
}

impl Default for EngineName {
    fn default() -> EngineName {
        EngineName("aither".to_owned())
    }
}

impl FromStr for EngineName {
    type Err = String;

    fn from_str(text: &str) -> Result<EngineName, String> {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if (1..=64).contains(&text.len()) && text.chars().all(fits) {
            return Ok(EngineName(text.to_owned()));
        }
        Err(format!("`{text}` is no name of an engine: 1 to 64 letters, digits, `-`, `_` and `.`"))
    }
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why an engine cannot listen, or nobody can be reached.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Another engine has the name.
    #[error("an engine named `{0}` runs already; give this one another name: --name {0}-2")]
    Taken(EngineName),
    /// Somebody else could listen in or answer.
    #[error("{} is not private: {why}", path.display())]
    NotPrivate {
        /// The folder of the sockets, or a socket.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The system refuses.
    #[error("{}: {why}", path.display())]
    System {
        /// The folder of the sockets, or a socket.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
}

impl Unusable {
    /// The system's refusal at a place.
    pub(super) fn system(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Unusable {
        let path = path.into();
        |why| Unusable::System { path, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_out_of_its_folder() {
        for name in ["aither", "left-hand_2.1", "A", "..", &"x".repeat(64)] {
            assert_eq!(name.parse::<EngineName>().map(|name| name.to_string()), Ok(name.to_owned()));
        }
        for name in ["", "a/b", "a b", "ä", "a\0", "a\n", &"x".repeat(65)] {
            assert!(name.parse::<EngineName>().is_err(), "{name:?}");
        }
    }
}
