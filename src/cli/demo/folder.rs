//! A fresh folder for one run.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many names were tried: none is used twice, also when its folder is gone.
static TRIED: AtomicUsize = AtomicUsize::new(0);

/// A folder that only its owner may enter. Dropping it removes it with all that is in it.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one in the system's folder for such.
    ///
    /// # Errors
    /// It cannot be made there.
    pub fn new() -> io::Result<Self> {
        let parent = std::path::absolute(std::env::temp_dir())?;
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let process = std::process::id();
        for _ in 0..1000 {
            let path = parent.join(match TRIED.fetch_add(1, Ordering::Relaxed) {
                0 => format!("outbound-demo-{process}"),
                number => format!("outbound-demo-{process}-{number}"),
            });
            match builder.create(&path) {
                Ok(()) => return Ok(Self(path)),
                // Somebody else's, or left by a process that was killed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_new_private_and_removed() {
        use std::os::unix::fs::PermissionsExt as _;
        let (one, other) = (Folder::new().unwrap(), Folder::new().unwrap());
        assert_ne!(one.path(), other.path());
        let mode = fs::metadata(one.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        fs::write(one.path().join("file"), "x").unwrap();
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists() && other.path().exists());
    }
}
