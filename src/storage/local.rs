//! A folder. A file appears in it whole, or not at all, and never in the place of another.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::error::{PutError, StorageError};

/// A listing is for people and for proofs.
const MOST_LISTED: usize = 1000;

/// A folder that things are put into.
#[derive(Clone, Debug)]
pub struct Local {
    root: PathBuf,
}

impl Local {
    pub(super) fn new(path: &str) -> Self {
        Self { root: PathBuf::from(path) }
    }

    pub(super) fn place(&self) -> String {
        format!("the folder {}", self.root.display())
    }

    pub(super) async fn put(&self, name: &str, body: &Bytes) -> Result<(), PutError> {
        let (name, body) = (name.to_owned(), body.clone());
        let put = self.aside(move |local| local.put_now(&name, &body)).await?;
        put.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => PutError::Taken,
            _ => self.judged(&error).into(),
        })
    }

    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let prefix = prefix.to_owned();
        let listed = self.aside(move |local| local.list_now(&prefix)).await?;
        listed.map_err(|error| self.judged(&error))
    }

    pub(super) async fn delete(&self, name: &str) -> Result<(), StorageError> {
        let name = name.to_owned();
        let deleted = self.aside(move |local| local.delete_now(&name)).await?;
        deleted.map_err(|error| self.judged(&error))
    }

    /// Makes the folder, and a file in it that is gone again at once.
    pub(super) async fn look(&self) -> Result<(), StorageError> {
        let looked = self.aside(|local| {
            local.make(&local.root)?;
            let aside = local.root.join(format!(".{:016x}.part", fastrand::u64(..)));
            File::create_new(&aside)?;
            fs::remove_file(&aside)
        });
        looked.await?.map_err(|error| self.judged(&error))
    }

    pub(super) fn address(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }

    pub(super) async fn exists(&self) -> bool {
        self.aside(|local| local.root.exists()).await.unwrap_or(true)
    }

    /// Takes back a folder that was made for a proof.
    pub(super) async fn remove_if_empty(&self) {
        // Somebody may have put something there meanwhile.
        let removed = self.aside(|local| fs::remove_dir(&local.root)).await;
        drop(removed);
    }

    /// A disk can take its time; nobody else waits for it.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, StorageError> {
        let local = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&local)).await;
        done.map_err(|_| {
            StorageError::Unavailable(format!("{}: writing was broken off; run the sync again", self.place()))
        })
    }

    /// Written aside and flushed first, so that whoever reads the folder never meets half a file.
    fn put_now(&self, name: &str, body: &[u8]) -> io::Result<()> {
        let path = self.root.join(name);
        let folder = path.parent().unwrap_or(&self.root);
        self.make(folder)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let aside = folder.join(format!(".{name}.{:016x}.part", fastrand::u64(..)));
        let written = write_new(&aside, body).and_then(|()| match fs::hard_link(&aside, &path) {
            // Not every file system has links.
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
                write_new(&path, body)
            }
            linked => linked,
        });
        let removed = fs::remove_file(&aside);
        written.and(removed)?;
        File::open(folder)?.sync_all()
    }

    /// Makes the folders of an object. The folder that holds all of them is made only where it would be in
    /// another: a volume that is not mounted must not be taken for an empty one.
    fn make(&self, folder: &Path) -> io::Result<()> {
        match fs::create_dir(&self.root) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Err(_) if !self.root.is_dir() => return Err(ErrorKind::NotADirectory.into()),
            _ => {}
        }
        fs::create_dir_all(folder).map_err(|error| match error.kind() {
            // It is something else: a file, say.
            ErrorKind::AlreadyExists => ErrorKind::NotADirectory.into(),
            _ => error,
        })
    }

    fn list_now(&self, prefix: &str) -> io::Result<Vec<String>> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut found = Vec::new();
        let mut open = vec![self.root.join(folder)];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                let name = path.strip_prefix(&self.root).unwrap_or(&path).to_string_lossy().into_owned();
                if path.is_dir() {
                    open.push(path);
                } else if name.starts_with(prefix) && path.extension() != Some(OsStr::new("part")) {
                    found.push(name);
                }
                if found.len() == MOST_LISTED {
                    return Ok(found);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn delete_now(&self, name: &str) -> io::Result<()> {
        let path = self.root.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let folders = path.ancestors().skip(1).take_while(|folder| *folder != self.root);
        for folder in folders {
            // The first that holds something else stays, and all above it.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// What a disk's refusal means for whoever keeps the machine.
    fn judged(&self, error: &io::Error) -> StorageError {
        let place = self.place();
        let remedy = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                return StorageError::Unavailable(format!("{place} has no space left ({error}): make room"));
            }
            ErrorKind::NotFound => {
                "is in a folder that does not exist: make it, or mount the volume there that is meant by object_storage_config.path"
            }
            ErrorKind::NotADirectory => {
                "is, or is in, something that is no folder: let object_storage_config.path name a folder"
            }
            ErrorKind::PermissionDenied => {
                "may not be written by the user that this program runs as: give it the folder (chown, or the container's user)"
            }
            ErrorKind::ReadOnlyFilesystem => "is mounted so that nothing can be written: mount it writable",
            ErrorKind::InvalidFilename => "cannot hold a name that is so long: shorten path_format",
            _ => return StorageError::Unavailable(format!("{place}: {error}; see that its disk is well")),
        };
        StorageError::Unusable(format!("{place} {remedy} ({error})"))
    }
}

/// Writes a file where there is none, down to the disk; half a file is removed.
fn write_new(path: &Path, body: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    let written = file.write_all(body).and_then(|()| file.sync_all());
    if written.is_err() {
        // The first failure is the one to be told.
        drop(fs::remove_file(path));
    }
    let_go(&file);
    written
}

/// Nobody here reads it again, and what the system keeps of it counts as memory of this container. Advice may be ignored.
fn let_go(file: &File) {
    #[cfg(target_os = "linux")]
    rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed).unwrap_or_default();
    #[cfg(not(target_os = "linux"))]
    let _: &File = file;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unusable(result: Result<(), PutError>, words: &str) {
        match result {
            Err(PutError::Storage(StorageError::Unusable(why))) => {
                assert!(why.contains(words), "{words}: {why}");
            }
            other => panic!("{words}: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_file_is_whole_and_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("rejects");
        let local = Local::new(root.to_str().unwrap());
        let (one, two) = (Bytes::from_static(b"one"), Bytes::from_static(b"two"));
        local.put("1/s/a.csv", &one).await.unwrap();
        let again = local.put("1/s/a.csv", &two).await;
        assert!(matches!(again, Err(PutError::Taken)), "{again:?}");
        assert_eq!(fs::read(root.join("1/s/a.csv")).unwrap(), b"one");
        local.put("1/t/b.csv", &two).await.unwrap();
        assert_eq!(local.list("1/").await.unwrap(), ["1/s/a.csv", "1/t/b.csv"]);
        assert_eq!(local.list("1/s/a").await.unwrap(), ["1/s/a.csv"]);
        assert_eq!(fs::read_dir(root.join("1/s")).unwrap().count(), 1, "nothing else is left in the folder");
        local.delete("1/s/a.csv").await.unwrap();
        local.delete("1/s/a.csv").await.unwrap();
        assert!(!root.join("1/s").exists() && root.join("1/t/b.csv").exists());
    }

    #[tokio::test]
    async fn a_folder_that_cannot_serve_is_told_with_its_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let body = Bytes::from_static(b"x");
        let at = |path: PathBuf| Local::new(path.to_str().unwrap());
        unusable(at(folder.path().join("missing/rejects")).put("a", &body).await, "mount the volume there");
        unusable(at(file.clone()).put("a", &body).await, "no folder");
        unusable(at(file.join("x")).put("a", &body).await, "no folder");
        unusable(at(folder.path().to_owned()).put(&"a".repeat(300), &body).await, "shorten path_format");
        fs::write(folder.path().join("taken"), "x").unwrap();
        unusable(at(folder.path().to_owned()).put("taken/a", &body).await, "no folder");
        assert!(!folder.path().join("missing").exists(), "a folder was made where a volume may belong");
    }

    #[test]
    fn a_disk_that_is_full_may_be_empty_again_later() {
        let local = Local::new("/x");
        for (kind, passes) in [
            (ErrorKind::StorageFull, true),
            (ErrorKind::QuotaExceeded, true),
            (ErrorKind::PermissionDenied, false),
            (ErrorKind::ReadOnlyFilesystem, false),
            (ErrorKind::Other, true),
        ] {
            let judged = local.judged(&kind.into());
            assert_eq!(matches!(judged, StorageError::Unavailable(_)), passes, "{judged}");
            assert!(judged.to_string().contains("the folder /x"), "{judged}");
        }
    }
}
