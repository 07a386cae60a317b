# Confines a command as the platform's security context does: uid 1000, no capability, a root that
# cannot be written, and the sync's folder as /mnt, which can. The connector's folder is /opt.
#   unshare --mount --pid --fork sh confine.sh ROOT SYNC_FOLDER CONNECTOR_FOLDER COMMAND...
# ROOT is an empty folder to build the container in; all of it goes with the mount namespace.
set -eu
root=$1
mount --bind / "$root"
mount -o remount,bind,ro "$root"
mount --bind "$2" "$root/mnt"
mount --bind "$3" "$root/opt"
mount -o remount,bind,ro "$root/opt"
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
shift 3
exec chroot "$root" setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs \
  --bounding-set=-all --inh-caps=-all --ambient-caps=-all sh -c 'cd /mnt && exec "$@"' sh "$@"
