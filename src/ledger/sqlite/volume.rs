//! On what a ledger's file lies, as far as the system tells: not everything that has a path keeps locks
//! and flushes, or stays.

use std::path::{Path, PathBuf};

use super::Sqlite;
use super::location::Location;
use crate::ledger::LedgerError;

/// What Linux mounted where; other systems do not tell.
const MOUNTS: &str = "/proc/self/mountinfo";

/// Disks of this machine: what is flushed is on them, and their locks are this machine's own.
const DISKS: [&str; 20] = [
    "apfs", "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "hfsplus", "jfs",
    "msdos", "nilfs2", "ntfs", "ntfs3", "reiserfs", "ufs", "vfat", "xfs", "zfs",
];
const LAYERS: [&str; 4] = ["aufs", "fuse.fuse-overlayfs", "overlay", "overlayfs"];
const IN_MEMORY: [&str; 4] = ["devtmpfs", "ramfs", "rootfs", "tmpfs"];
const SHARES: [&str; 21] = [
    "9p",
    "acfs",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "cvmfs",
    "davfs",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "orangefs",
    "panfs",
    "prl_fs",
    "smb3",
    "smbfs",
    "vboxsf",
];
/// How a mount says that locks are this machine's alone, so that another one does not see them.
const OWN_LOCKS: [&str; 5] = ["nolock", "local_lock=all", "local_lock=posix", "localflock", "nobrl"];

/// A line of what is mounted.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    point: PathBuf,
    kind: String,
    options: Vec<String>,
}

/// What a kind of file system is to a ledger.
#[derive(Debug, PartialEq, Eq)]
enum Ground {
    Disk,
    /// Goes with the container.
    Layer,
    Memory,
    /// Another machine's, or behind a program: it holds what those hold.
    Share,
    Unknown,
}

impl Sqlite {
    /// Judges the place of a file that is there or will be; gives what an operator should know of it.
    ///
    /// # Errors
    /// When a run could not keep there what it promises.
    pub fn survey(path: &Path, may_be_shared: bool) -> Result<Option<String>, LedgerError> {
        let Some(file) = Location::really(path) else { return Ok(None) };
        // Without it nothing is known, which is as it is on other systems.
        let Ok(mounts) = std::fs::read(MOUNTS) else { return Ok(None) };
        let mounts: Vec<Mount> = String::from_utf8_lossy(&mounts).lines().filter_map(Mount::parse).collect();
        judge_mount(&file, &mounts, may_be_shared)
    }
}

fn judge_mount(file: &Path, mounts: &[Mount], may_be_shared: bool) -> Result<Option<String>, LedgerError> {
    // What is mounted last lies on top.
    let around = mounts.iter().filter(|mount| file.starts_with(&mount.point));
    let Some(mount) = around.max_by_key(|mount| mount.point.components().count()) else { return Ok(None) };
    let (shown, kind) = (file.display(), &mount.kind);
    if mount.point == file {
        return Err(LedgerError::Unusable(format!(
            "{shown} is mounted as a single file, so what belongs beside it (-wal, -mark) would stay behind; mount \
             its folder"
        )));
    }
    Ok(match Ground::of(kind) {
        Ground::Disk => None,
        Ground::Layer => Some(format!(
            "the ledger is in a container's own layer ({kind}), which goes with the container: afterwards everybody \
             may be called again; set `path` into a volume that stays"
        )),
        Ground::Memory => Some(format!(
            "the ledger is in memory ({kind}), and gone when this machine or its container ends: afterwards \
             everybody may be called again; set `path` to a disk's volume"
        )),
        Ground::Unknown => Some(format!(
            "the ledger is on a file system that this program does not know ({kind}): nobody is called twice only if \
             its locks and flushes can be trusted"
        )),
        Ground::Share if !may_be_shared => {
            return Err(LedgerError::Unusable(format!(
                "{shown} is on a network share or behind a program ({kind}), whose locks and flushes cannot be \
                 trusted from here; set `path` to a disk's volume, or use `postgres`; if its server keeps both \
                 (NFS 4, such as EFS, does) and one sync at a time uses it, turn `network_share` on"
            )));
        }
        Ground::Share => {
            let alone = if mount.has_own_locks() {
                ", and its locks are this machine's alone, so that a sync on another one is not noticed"
            } else {
                ""
            };
            Some(format!(
                "the ledger is on a network share or behind a program ({kind}): nobody is called twice only as long \
                 as one sync at a time uses it and its server keeps what was flushed{alone}"
            ))
        }
    })
}

impl Ground {
    fn of(kind: &str) -> Self {
        let is_of = |kinds: &[&str]| kinds.contains(&kind);
        if is_of(&DISKS) {
            Self::Disk
        } else if is_of(&LAYERS) {
            Self::Layer
        } else if is_of(&IN_MEMORY) {
            Self::Memory
        } else if is_of(&SHARES) || kind == "fuse" || kind.starts_with("fuse.") {
            Self::Share
        } else {
            Self::Unknown
        }
    }
}

impl Mount {
    /// Reads `id parent device root point options … - kind source options`, as proc(5) has it.
    fn parse(line: &str) -> Option<Self> {
        let (mount, system) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(4);
        let (point, own) = (unescaped(mount.next()?), mount.next()?);
        let mut system = system.split(' ');
        let (kind, of_all) = (system.next()?, system.nth(1).unwrap_or_default());
        let options = own.split(',').chain(of_all.split(',')).map(str::to_owned).collect();
        Some(Self { point: point.into(), kind: kind.to_owned(), options })
    }

    fn has_own_locks(&self) -> bool {
        // Lustre has locks of its servers only where it was told to.
        let has = |name: &str| self.options.iter().any(|option| option == name);
        OWN_LOCKS.into_iter().any(has) || self.kind == "lustre" && !has("flock")
    }
}

/// Blanks and backslashes are written as octal numbers.
fn unescaped(text: &str) -> String {
    let spelled = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    spelled.into_iter().fold(text.to_owned(), |text, (code, character)| text.replace(code, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "/local/ai voice/ledger.sqlite";

    fn mounted(lines: &[&str]) -> Vec<Mount> {
        lines.iter().map(|line| Mount::parse(line).unwrap_or_else(|| panic!("{line}"))).collect()
    }

    fn on(kind: &str, options: &str) -> Vec<Mount> {
        mounted(&[
            "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard",
            &format!("40 27 0:61 / /local/ai\\040voice rw,relatime shared:1 - {kind} host:/share {options}"),
            "41 27 0:62 / /local/ai\\040voice/other rw - nfs4 host:/ rw",
        ])
    }

    #[test]
    fn what_a_ledger_lies_on_is_refused_told_or_trusted() {
        for (kind, options, refused, told) in [
            ("ext4", "rw", "", ""),
            ("xfs", "rw", "", ""),
            ("zfs", "rw", "", ""),
            ("fuseblk", "rw", "", ""),
            ("overlay", "rw,lowerdir=/a:/b", "", "goes with the container"),
            ("fuse.fuse-overlayfs", "rw", "", "goes with the container"),
            ("tmpfs", "rw,size=64k", "", "in memory (tmpfs)"),
            ("ramfs", "rw", "", "in memory (ramfs)"),
            ("virtiofs", "rw", "", "does not know (virtiofs)"),
            ("nfs4", "rw,vers=4.1,hard,local_lock=none", "(nfs4)", "flushed"),
            ("nfs", "rw,vers=3,local_lock=none", "(nfs)", "flushed"),
            ("nfs", "rw,vers=3,nolock,local_lock=all", "(nfs)", "this machine's alone"),
            ("cifs", "rw,vers=3.0,nobrl", "(cifs)", "this machine's alone"),
            ("smb3", "rw", "(smb3)", "flushed"),
            ("9p", "rw,trans=fd", "(9p)", "flushed"),
            ("ceph", "rw", "(ceph)", "flushed"),
            ("lustre", "rw,flock", "(lustre)", "flushed"),
            ("lustre", "rw", "(lustre)", "this machine's alone"),
            ("fuse", "rw", "(fuse)", "flushed"),
            ("fuse.sshfs", "rw", "(fuse.sshfs)", "flushed"),
            ("fuse.s3fs", "rw", "(fuse.s3fs)", "flushed"),
            ("fuse.gcsfuse", "rw", "(fuse.gcsfuse)", "flushed"),
        ] {
            let mounts = on(kind, options);
            let name = format!("{kind} {options}");
            match judge_mount(Path::new(FILE), &mounts, false) {
                Ok(doubt) => {
                    assert!(refused.is_empty() && doubt.is_some() != told.is_empty(), "{name}: {doubt:?}");
                }
                Err(error) => {
                    let text = error.to_string();
                    assert!(
                        !refused.is_empty() && text.contains(refused) && text.contains(FILE),
                        "{name}: {text}"
                    );
                    assert!(
                        text.contains("`postgres`") && text.contains("`network_share`"),
                        "{name}: {text}"
                    );
                }
            }
            let doubt = judge_mount(Path::new(FILE), &mounts, true).unwrap().unwrap_or_default();
            assert!(doubt.contains(told), "{name}: {doubt}");
            assert_eq!(doubt.contains("alone"), told.contains("alone"), "{name}: {doubt}");
        }
    }

    #[test]
    fn a_file_that_is_mounted_alone_is_refused_whatever_it_lies_on() {
        for kind in ["ext4", "nfs4", "overlay"] {
            let mut mounts = on("ext4", "rw");
            let line = format!("50 40 254:0 /l /local/ai\\040voice/ledger.sqlite rw - {kind} /dev/vda rw");
            mounts.extend(mounted(&[&line]));
            for may_be_shared in [false, true] {
                let refused = judge_mount(Path::new(FILE), &mounts, may_be_shared).unwrap_err().to_string();
                assert!(refused.contains("single file") && refused.contains("mount its folder"), "{refused}");
            }
        }
    }

    #[test]
    fn the_innermost_mount_counts_and_of_two_in_one_place_the_last() {
        let over = |kinds: [&str; 2]| {
            let lines = kinds.map(|kind| format!("1 1 0:1 / /local rw - {kind} none rw"));
            let mut mounts = mounted(&["1 1 0:1 / / rw - overlay overlay rw"]);
            mounts.extend(mounted(&lines.each_ref().map(String::as_str)));
            judge_mount(Path::new(FILE), &mounts, true).unwrap().unwrap_or_default()
        };
        assert_eq!(over(["tmpfs", "ext4"]), "");
        assert!(over(["ext4", "tmpfs"]).contains("tmpfs"));
        let root = mounted(&["1 1 0:1 / / rw - overlay overlay rw", "2 1 0:1 / /loc rw - ext4 none rw"]);
        assert!(
            judge_mount(Path::new(FILE), &root, true).unwrap().unwrap().contains("overlay"),
            "/loc is not /local"
        );
        assert_eq!(judge_mount(Path::new(FILE), &[], true), Ok(None), "a system that does not tell");
    }

    #[test]
    fn a_line_that_is_none_is_passed_over() {
        for line in ["", "27 1", " - ", "27 1 254:0 / /", "27 1 254:0 / / rw -"] {
            assert_eq!(Mount::parse(line), None, "{line}");
        }
        let spelled = Mount::parse("27 1 0:1 / /a\\011b\\134040 rw - ext4 /dev/vda").unwrap();
        assert_eq!(spelled.point, Path::new("/a\tb\\040"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_of_this_machine_is_seen() {
        let is_in_memory = std::fs::read_to_string(MOUNTS).is_ok_and(|mounts| {
            let mut shm =
                mounts.lines().filter_map(Mount::parse).filter(|mount| mount.point == Path::new("/dev/shm"));
            shm.next_back().is_some_and(|mount| mount.kind == "tmpfs")
        });
        // Where it is something else, there is nothing to see.
        if !is_in_memory {
            return;
        }
        let doubt = Sqlite::survey(Path::new("/dev/shm/no such ledger.sqlite"), false).unwrap().unwrap();
        assert!(doubt.contains("in memory (tmpfs)"), "{doubt}");
    }
}
