//! Records out of an answer that does not end: lines, or Server-Sent Events.
//!
//! Both take the bytes in pieces of any size and give what is whole. What is not whole when the
//! bytes end is never given: nobody can tell a short record from the start of a long one.

mod events;
mod lines;

pub use events::{Events, Frame, ServerEvent};
pub use lines::{Line, Lines};

/// A record is longer than the limit: nobody knows where it would end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;
