//! A file on a volume that stays.
