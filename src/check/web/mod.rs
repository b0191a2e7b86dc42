//! Checks a deployment that stands behind a reverse proxy: what it needs, item by item, and which
//! directive is missing where it fails.
//!
//! ```text
//! reach ─► certificate ─► redirects ─► prefix ─┬► websocket ─► idle
//!                                              └► request, download, upload (by means of the plan)
//! ```
//!
//! Everything goes by the dataset's connector: through a forward proxy too.

mod certificate;
mod directives;
mod fault;
mod finding;
mod idle;
mod login;
mod plan;
mod prefix;
mod probe;
mod redirects;
mod site;
mod upload;
mod walk;
mod websocket;

pub use directives::{Advice, Front, Product};
pub use finding::{Finding, Item, Verdict};
pub use plan::Plan;
pub use walk::{Report, Walk};
