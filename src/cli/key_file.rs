//! The file with the key that seals secrets in the ledger.

use crate::engine::clock::Entropy;
use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The key; the first process of an installation makes it, readable for its owner alone.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn read_or_make(path: &Path, entropy: &dyn Entropy) -> anyhow::Result<[u8; 32]> {
    let shown = || format!("the key file {} ([server] key_file)", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) => read(&text).with_context(shown),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).with_context(shown)?;
            }
            make(path, &entropy.key()).with_context(shown)
        }
        Err(error) => Err(error).with_context(shown),
    }
}

/// The key, if the file is there.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn read_if_there(path: &Path) -> anyhow::Result<Option<[u8; 32]>> {
    let shown = || format!("the key file {} ([server] key_file)", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) => read(&text).map(Some).with_context(shown),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(shown),
    }
}

fn read(text: &str) -> anyhow::Result<[u8; 32]> {
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.context("it holds no key: 32 bytes in base64 are expected; restore the file from your backup")
}

/// Written whole under another name and then linked, which fails if another process was first: then its key holds.
fn make(path: &Path, key: &[u8; 32]) -> anyhow::Result<[u8; 32]> {
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(file, "{}", STANDARD.encode(key))?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(*key),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => read(&std::fs::read_to_string(path)?),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::clock::SystemEntropy;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_made_once_and_readable_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/mahnwerk.key");
        let key = read_or_make(&path, &SystemEntropy).expect("a key is made");
        assert_eq!(read_or_make(&path, &SystemEntropy).expect("it is read"), key);
        assert_eq!(make(&path, &[1; 32]).expect("the first one holds"), key);
        assert_eq!(std::fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().expect("its folder")).expect("the folder").count(), 1);
        std::fs::write(&path, "no key").expect("written");
        assert!(read_or_make(&path, &SystemEntropy).is_err());
    }
}
