//! The form's section on where rejected records, reports and receipts are put: the platform's own section, and a
//! folder beside it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::NameFormat;
use crate::domain::error::Mistake;
use crate::domain::secret::Secret;
use crate::phone::shown;
use crate::providers::unsafe_address;

/// Where rejected records are kept.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(tag = "storage_type")]
pub enum ObjectStorageConfig {
    /// Rejected records are counted and logged with masked numbers, not kept.
    #[default]
    #[schemars(title = "None")]
    None,
    /// A bucket of Amazon S3, or of a store that speaks its protocol.
    #[schemars(title = "S3")]
    S3(S3Config),
    /// A folder on a volume that stays.
    #[schemars(title = "Local folder")]
    Local(LocalConfig),
}

/// A bucket.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "S3")]
pub struct S3Config {
    /// The id of an access key whose user may put, list and delete objects in the bucket.
    #[schemars(title = "Access key id", extend("always_show" = true))]
    pub access_key_id: Secret,

    /// The secret beside the access key's id.
    #[schemars(title = "Secret access key", extend("always_show" = true))]
    pub secret_access_key: Secret,

    /// Leave it blank: a role can be taken on only inside the platform's own cloud.
    #[serde(default)]
    #[schemars(title = "Role ARN", extend("airbyte_hidden" = true))]
    pub role_arn: String,

    /// The bucket's name alone, without s3:// and without a path.
    #[schemars(title = "Bucket name", extend("examples" = ["airbyte_sync"]))]
    pub s3_bucket_name: String,

    /// The region that the bucket is in. Blank: us-east-1.
    #[serde(default)]
    #[schemars(title = "Bucket region", extend("examples" = ["ap-southeast-1", "eu-west-1", "us-east-1"]))]
    pub s3_bucket_region: String,

    /// The address of a store that is not Amazon's, such as MinIO. Blank: Amazon S3.
    #[serde(default)]
    #[schemars(title = "Endpoint", extend("examples" = ["https://s3.example.com", "http://localhost:9000"]))]
    pub s3_endpoint: String,

    /// The folder within the bucket under which everything is put. Blank: the bucket itself.
    #[serde(default)]
    #[schemars(title = "Prefix path in the bucket", extend("examples" = ["rejected_records"]))]
    pub bucket_path: String,

    /// What is put, and how.
    #[serde(flatten)]
    pub keep: KeepConfig,
}

/// A folder.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "Local folder")]
pub struct LocalConfig {
    /// The folder, inside the container. It is made where the folder that it is in exists; that must be writable and outlive the container.
    #[schemars(title = "Path", extend("examples" = ["/local/ai-voice/rejected"]))]
    pub path: String,

    /// What is put, and how.
    #[serde(flatten)]
    pub keep: KeepConfig,
}

/// What is put into a storage, and how.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct KeepConfig {
    /// How much of the original record stands beside the reason. masked: every number of six digits or more shows its end only; names and addresses stay. whole: as it came, with phone numbers. none: nothing of it.
    #[schemars(title = "Rejected record")]
    pub rejected_record: RejectedRecord,

    /// Puts a report of each sync beside the rejected records.
    #[schemars(title = "Report")]
    pub report: bool,

    /// Puts a list of accepted records beside the rejected ones, to be joined with the results of the calls.
    #[schemars(title = "Receipts")]
    pub receipts: bool,

    /// How rows are written.
    #[schemars(title = "Output format", extend("airbyte_hidden" = true))]
    pub format: FormatConfig,

    /// Whether objects are compressed.
    #[schemars(title = "Compression", extend("airbyte_hidden" = true))]
    pub compression: CompressionConfig,

    /// The folders of an object, in variables: sync_id, namespace, stream_name, run_id, year, month, day, hour, minute, second, millisecond, epoch, uuid. The platform finds rejected records by the default only.
    #[schemars(title = "Path format", extend("airbyte_hidden" = true))]
    pub path_format: String,

    /// The name of an object, in the same variables and date, timestamp, part_number, format_extension.
    #[schemars(title = "File name format", extend("airbyte_hidden" = true))]
    pub file_name_format: String,
}

/// How much of the original record is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RejectedRecord {
    /// Numbers show their end only.
    #[default]
    Masked,
    /// As it came.
    Whole,
    /// Nothing.
    None,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "format_type")]
pub enum FormatConfig {
    /// Rows of text, separated by commas.
    #[serde(rename = "CSV")]
    #[schemars(title = "CSV")]
    Csv {
        /// Whether the parts of the data have columns of their own.
        #[serde(default)]
        #[schemars(title = "Flattening")]
        flattening: Flattening,
    },
    /// A JSON object a line.
    #[serde(rename = "JSONL")]
    #[schemars(title = "JSONL")]
    Jsonl {
        /// Whether the parts of the data stand beside the platform's columns.
        #[serde(default)]
        #[schemars(title = "Flattening")]
        flattening: Flattening,
    },
}

/// Where the parts of the data stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Flattening {
    /// All in one column.
    #[default]
    #[serde(rename = "No flattening")]
    None,
    /// Each in a column of its own.
    #[serde(rename = "Root level flattening")]
    RootLevel,
}

/// Whether objects are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "compression_type")]
pub enum CompressionConfig {
    /// As they are.
    #[default]
    #[serde(rename = "No Compression")]
    #[schemars(title = "No compression")]
    None,
    /// By gzip.
    #[serde(rename = "GZIP")]
    #[schemars(title = "GZIP")]
    Gzip,
}

impl Default for FormatConfig {
    fn default() -> Self {
        Self::Csv { flattening: Flattening::None }
    }
}

/// Those by which the platform finds what was rejected, from its page of a sync.
impl Default for KeepConfig {
    fn default() -> Self {
        Self {
            rejected_record: RejectedRecord::Masked,
            report: true,
            receipts: false,
            format: FormatConfig::default(),
            compression: CompressionConfig::None,
            path_format: "{sync_id}/{namespace}/{stream_name}/".to_owned(),
            file_name_format: "{date}_{timestamp}_{part_number}{format_extension}".to_owned(),
        }
    }
}

impl ObjectStorageConfig {
    /// What is put and how, where anything is.
    #[must_use]
    pub fn keep(&self) -> Option<&KeepConfig> {
        match self {
            Self::None => None,
            Self::S3(s3) => Some(&s3.keep),
            Self::Local(local) => Some(&local.keep),
        }
    }

    /// What cannot work in values that were filled in. The texts repeat no key and no address.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        let own = match self {
            Self::S3(s3) => s3.mistakes(),
            Self::Local(local) if local.path.contains("://") => {
                vec![("path", "is a path to a folder; a bucket is storage_type S3".to_owned())]
            }
            Self::None | Self::Local(_) => Vec::new(),
        };
        let of_names = self.keep().into_iter().filter_map(KeepConfig::mistake);
        let at = |(name, why): (&str, String)| Mistake::new(format!("object_storage_config.{name}"), why);
        own.into_iter().chain(of_names).map(at).collect()
    }
}

impl KeepConfig {
    /// How objects are named; what was left blank is the default.
    ///
    /// # Errors
    /// Says which setting has what it cannot have.
    pub(crate) fn names(&self) -> Result<(NameFormat, NameFormat), (&'static str, String)> {
        let default = Self::default();
        let or =
            |written: &str, default: String| if written.is_empty() { default } else { written.to_owned() };
        let path = NameFormat::parse(&or(&self.path_format, default.path_format));
        let file = NameFormat::parse(&or(&self.file_name_format, default.file_name_format));
        let path = path.map_err(|why| ("path_format", why))?;
        let file = file.map_err(|why| ("file_name_format", why))?;
        if !file.is_one_name() {
            return Err((
                "file_name_format",
                "is the name of a file; folders are the path_format's".to_owned(),
            ));
        }
        Ok((path, file))
    }

    fn mistake(&self) -> Option<(&'static str, String)> {
        self.names().err()
    }
}

impl S3Config {
    /// The region, also where none was filled in.
    #[must_use]
    pub fn region(&self) -> &str {
        if self.s3_bucket_region.is_empty() { "us-east-1" } else { &self.s3_bucket_region }
    }

    fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut mistakes = Vec::new();
        for (name, secret) in
            [("access_key_id", &self.access_key_id), ("secret_access_key", &self.secret_access_key)]
        {
            if !secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
                let why = "has characters that no key has (line breaks, blanks, accents); copy it again";
                mistakes.push((name, why.to_owned()));
            }
        }
        if !self.role_arn.is_empty() {
            let why = "cannot work here: a role is taken on by the platform's own cloud alone; leave it out, and fill in access_key_id and secret_access_key of a user who may use the bucket";
            mistakes.push(("role_arn", why.to_owned()));
        }
        let is_odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if self.s3_bucket_name.contains(is_odd) {
            let why = "must be the bucket's name alone: no s3://, no path (that is bucket_path), no blank";
            mistakes.push(("s3_bucket_name", why.to_owned()));
        }
        let is_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !self.s3_bucket_region.chars().all(is_region) {
            mistakes.push(("s3_bucket_region", "is no region; write it like ap-southeast-1".to_owned()));
        }
        if let Some(why) = (!self.s3_endpoint.is_empty()).then(|| unsafe_address(&self.s3_endpoint)).flatten()
        {
            mistakes.push(("s3_endpoint", why));
        }
        let is_step = |part: &str| matches!(part, "." | "..");
        if self.bucket_path.split('/').any(is_step) || self.bucket_path.contains(char::is_control) {
            let why = format!("{} has a part that no path in a bucket has", shown(&self.bucket_path));
            mistakes.push(("bucket_path", why));
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mistakes(section: serde_json::Value) -> Vec<String> {
        let config: ObjectStorageConfig = serde_json::from_value(section).unwrap();
        config.mistakes().into_iter().map(|mistake| format!("{}: {}", mistake.at, mistake.why)).collect()
    }

    fn s3(name: &str, value: &str) -> serde_json::Value {
        let mut section = json!({
            "storage_type": "S3", "access_key_id": "id", "secret_access_key": "secret", "s3_bucket_name": "b",
        });
        section[name] = json!(value);
        section
    }

    #[test]
    fn what_the_platforms_form_fills_in_is_understood() {
        let config: ObjectStorageConfig = serde_json::from_value(json!({
            "storage_type": "S3", "access_key_id": "id", "secret_access_key": "secret", "s3_bucket_name": "b",
            "s3_bucket_region": "", "bucket_path": "p",
            "format": { "format_type": "JSONL", "flattening": "Root level flattening" },
            "compression": { "compression_type": "GZIP" },
            "path_format": "{sync_id}/{namespace}/{stream_name}/",
            "file_name_format": "{date}_{timestamp}_{part_number}{format_extension}",
        }))
        .unwrap();
        assert_eq!(config.mistakes(), []);
        let ObjectStorageConfig::S3(s3) = config else { panic!("{config:?}") };
        assert_eq!(s3.region(), "us-east-1");
        assert_eq!(s3.keep.format, FormatConfig::Jsonl { flattening: Flattening::RootLevel });
        assert_eq!(s3.keep.compression, CompressionConfig::Gzip);
        assert!(s3.keep.report && !s3.keep.receipts && s3.keep.rejected_record == RejectedRecord::Masked);
        assert!(!format!("{s3:?}").contains("secret\""), "{s3:?}");
    }

    #[test]
    fn what_cannot_work_is_told_with_its_place_and_without_its_value() {
        for (name, value, want) in [
            ("access_key_id", "AKIA hunter2", "object_storage_config.access_key_id: has characters"),
            ("secret_access_key", "hunter2\nx", "object_storage_config.secret_access_key: has characters"),
            ("role_arn", "arn:aws:iam::1:role/hunter2", "object_storage_config.role_arn: cannot work here"),
            (
                "s3_bucket_name",
                "s3://hunter2/x",
                "object_storage_config.s3_bucket_name: must be the bucket's",
            ),
            ("s3_bucket_region", "EU (hunter2)", "object_storage_config.s3_bucket_region: is no region"),
            (
                "s3_endpoint",
                "http://hunter2.example.com",
                "object_storage_config.s3_endpoint: must start with",
            ),
            (
                "s3_endpoint",
                "https://me:hunter2@example.com",
                "object_storage_config.s3_endpoint: must not hold",
            ),
            ("bucket_path", "a/../b", "object_storage_config.bucket_path: a/../b has a part"),
            ("path_format", "{stream}/", "object_storage_config.path_format: has a variable {stream}"),
            ("file_name_format", "a/{part_number}", "object_storage_config.file_name_format: is the name"),
        ] {
            let told = mistakes(s3(name, value));
            let [only] = &told[..] else { panic!("{name}: {told:?}") };
            assert!(only.starts_with(want), "{name}: {only}");
            assert!(!only.contains("hunter2"), "{name}: {only}");
        }
        for (name, value) in
            [("s3_endpoint", "http://localhost:9000"), ("s3_endpoint", ""), ("path_format", "")]
        {
            assert_eq!(mistakes(s3(name, value)), [""; 0], "{name} {value}");
        }
        let told = mistakes(json!({ "storage_type": "Local", "path": "s3://bucket/x" }));
        assert_eq!(told, ["object_storage_config.path: is a path to a folder; a bucket is storage_type S3"]);
    }
}
