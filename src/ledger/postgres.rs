//! A database that many connectors share.
