//! Keys: from the worker's environment, or from a file that only the server's user can read. They are looked up for
//! each call and kept nowhere.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Variables without this prefix are never looked at: whoever may write `router.agents` could else have any variable
/// of the server's environment sent to an address of his choice.
const PREFIX: &str = "ROUTER_SECRET_";
const LONGEST: u64 = 16 * 1024;

/// The secret of that name; else why there is none, without a word of what was found.
pub fn find(name: &str, directory: Option<&str>) -> Result<String, &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || name.len() > 128 || name.starts_with('.') || !name.chars().all(plain) {
        return Err("secret_name is no name");
    }
    if let Ok(secret) = std::env::var(format!("{PREFIX}{name}")) {
        return usable(secret);
    }
    let directory = directory.ok_or("the secret is not in the server's environment")?;
    from_file(&Path::new(directory).join(name))
}

fn from_file(path: &Path) -> Result<String, &'static str> {
    let file =
        File::open(path).map_err(|_| "the secret is neither in the environment nor in router.secrets_directory")?;
    let metadata = file.metadata().map_err(|_| "the secret's file can't be read")?;
    // The server's own user is the owner of what this process has made.
    let own = fs::metadata("/proc/self").map(|m| m.uid()).or_else(|_| fs::metadata(".").map(|m| m.uid()));
    if !metadata.is_file() || metadata.mode() & 0o077 != 0 || own.is_ok_and(|own| own != metadata.uid()) {
        return Err("the secret's file must belong to the server's user and be closed to all others (chmod 600)");
    }
    let mut secret = String::new();
    file.take(LONGEST).read_to_string(&mut secret).map_err(|_| "the secret's file can't be read")?;
    usable(secret)
}

fn usable(secret: String) -> Result<String, &'static str> {
    let secret = secret.trim().to_owned();
    if secret.is_empty() || !secret.chars().all(|c| c.is_ascii_graphic()) {
        return Err("the secret is empty or has characters that no header can hold");
    }
    Ok(secret)
}
