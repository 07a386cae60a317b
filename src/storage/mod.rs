//! Where rejected records, reports and receipts are put: a bucket, or a folder.
//!
//! What is put is never written over: an object is made, or it is not. `Rejects` and `Receipts` make rows and hold
//! no more than a bound of them; `Store` puts what they give.

mod error;
mod format;
mod local;
mod mask;
mod names;
mod parts;
mod put;
mod receipts;
mod rejects;
mod row;
mod s3;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::config::ObjectStorageConfig;
use crate::delivery::Network;
use crate::domain::error::Error;

use error::PutError;
use local::Local;
use s3::S3;

pub use error::StorageError;
pub(crate) use mask::{masked, masked_by};
pub use names::Run;
pub use parts::{Part, Parts};
pub(crate) use put::{ROWS_TAKE_AT_MOST, put_parts, put_report};
pub use receipts::Receipts;
pub use rejects::Rejects;
pub use s3::Patience;

/// How often an object is put under another name when its own is taken.
const NAMES: usize = 3;

/// Something to be put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Where: folders and a name, with slashes between.
    pub name: String,
    /// What it is, as a media type.
    pub kind: &'static str,
    /// What it holds.
    pub body: Bytes,
}

/// Puts objects where nothing is: a store, or what stands for one in a test.
pub trait PutObject: Send + Sync {
    /// Puts an object; gives the name under which it is there for good.
    ///
    /// # Errors
    /// When it is not there, or nobody can say.
    fn put_object(&self, object: Object) -> BoxFuture<'_, Result<String, StorageError>>;

    /// An object, or a folder of them, as people write where it is.
    fn address(&self, name: &str) -> String;
}

/// A place that things are put into.
#[derive(Debug)]
pub enum Store {
    /// A bucket.
    S3(Box<S3>),
    /// A folder.
    Local(Local),
}

impl Store {
    /// The store that a configuration names, if it names one.
    ///
    /// # Errors
    /// When it cannot work, whatever is put.
    pub fn new(
        config: &ObjectStorageConfig,
        network: &Network,
        patience: Patience,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        Ok(match config {
            ObjectStorageConfig::None => None,
            ObjectStorageConfig::S3(s3) => Some(Self::S3(Box::new(S3::new(s3, network, patience, now)?))),
            ObjectStorageConfig::Local(local) => Some(Self::Local(Local::new(&local.path))),
        })
    }

    /// Puts an object where nothing is; gives the name under which it is there for good.
    ///
    /// # Errors
    /// When it is not there, or nobody can say.
    pub async fn put(&self, object: &Object) -> Result<String, StorageError> {
        let mut name = object.name.clone();
        for _ in 0..NAMES {
            let put = match self {
                Self::S3(s3) => s3.put(&name, object.kind, &object.body).await,
                Self::Local(local) => local.put(&name, &object.body).await,
            };
            match put {
                Ok(()) => return Ok(name),
                Err(PutError::Storage(error)) => return Err(error),
                Err(PutError::Taken) => name = names::beside(&object.name),
            }
        }
        Err(StorageError::Unavailable(format!(
            "{}: every name that an object was given is taken",
            self.place()
        )))
    }

    /// Gives the names that begin so, the first thousand of them.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        match self {
            Self::S3(s3) => s3.list(prefix).await,
            Self::Local(local) => local.list(prefix).await,
        }
    }

    /// Removes an object, and the folders that it leaves empty. That it is gone already is no mistake.
    ///
    /// # Errors
    /// When it may still be there.
    pub async fn delete(&self, name: &str) -> Result<(), StorageError> {
        match self {
            Self::S3(s3) => s3.delete(name).await,
            Self::Local(local) => local.delete(name).await,
        }
    }

    /// Whether things can be put there, as far as that can be known without putting any.
    ///
    /// # Errors
    /// When they certainly cannot.
    pub async fn look(&self) -> Result<(), StorageError> {
        match self {
            Self::S3(s3) => s3.list(&s3.within("")).await.map(drop),
            Self::Local(local) => local.look().await,
        }
    }

    /// The folder of what is put once for a sync, as its objects' names have it.
    #[must_use]
    pub fn folder_of(&self, run: &Run) -> String {
        match self {
            Self::S3(s3) => s3.within(&run.folder()),
            Self::Local(_) => run.folder(),
        }
    }

    /// Where it is, for people.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::S3(s3) => s3.place(),
            Self::Local(local) => local.place(),
        }
    }

    /// Puts something, lists it and removes it, and leaves nothing behind; gives a sentence on what that
    /// proved.
    ///
    /// # Errors
    /// When one of the three does not work.
    pub async fn rehearse(&self) -> Result<String, StorageError> {
        let before = match self {
            Self::S3(_) => true,
            Self::Local(local) => local.exists().await,
        };
        let result = self.rehearse_with(&self.name_of_rehearsal()).await;
        if let (Self::Local(local), false) = (self, before) {
            local.remove_if_empty().await;
        }
        result
    }

    /// The place that the platform's own check uses, and a name that nobody else does.
    fn name_of_rehearsal(&self) -> String {
        let name = format!("1/testing/test/_check_{:016x}", fastrand::u64(..));
        match self {
            Self::S3(s3) => s3.within(&name),
            Self::Local(_) => name,
        }
    }

    async fn rehearse_with(&self, name: &str) -> Result<String, StorageError> {
        let body = Bytes::from_static(br#"{"data":1}"#);
        let put = self.put(&Object { name: name.to_owned(), kind: "application/json", body }).await?;
        let listed = self.list(&put).await;
        // Whatever the list says, nothing stays.
        self.delete(&put)
            .await
            .map_err(|error| error.followed_by(&format!("{put} was put, and stays there")))?;
        if !listed?.contains(&put) {
            return Err(StorageError::Unusable(format!(
                "{}: what was put is not in the list of what is there",
                self.place()
            )));
        }
        Ok(format!("An object was put into {}, listed and deleted again.", self.place()))
    }
}

impl PutObject for Store {
    fn put_object(&self, object: Object) -> BoxFuture<'_, Result<String, StorageError>> {
        Box::pin(async move { self.put(&object).await })
    }

    fn address(&self, name: &str) -> String {
        match self {
            Self::S3(s3) => s3.address(name),
            Self::Local(local) => local.address(name),
        }
    }
}
