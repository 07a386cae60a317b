//! When nobody is called: decided by the time, on everybody's clock or on each person's own.

mod hours;
#[cfg(test)]
mod tests;
mod window;

pub use hours::{Hours, Minute};
pub use window::Window;
