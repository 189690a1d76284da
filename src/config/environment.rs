//! Environment variables above the file: `MAHNWERK__SMTP__PASSWORD_FILE` stands above `smtp.password_file`.

use crate::domain::toml_reader::Overrides;

/// What the names of these variables start with. A single `_` after MAHNWERK is somebody else's.
const PREFIX: &str = "MAHNWERK__";

/// Takes the variables that are ours. `__` parts tables and keys; a `-` in a tenant's name is written `_`.
///
/// A value is text as it stands, or a TOML value where the key wants one; a list may be written with commas.
pub(super) fn overrides(variables: impl Iterator<Item = (String, String)>) -> Overrides {
    let mut overrides = Overrides::default();
    for (name, value) in variables {
        if let Some(path) = name.strip_prefix(PREFIX) {
            let path = path.replace("__", ".");
            overrides.insert(&path, name, value);
        }
    }
    overrides
}
