//! When nobody is called, whoever it is: decided by the time alone.

mod hours;
#[cfg(test)]
mod tests;
mod window;

pub use hours::{Hours, Minute};
pub use window::Window;
