//! What both engines share: outbound's stores as they want them, and statements that are run and told.
#![warn(missing_docs)]

pub mod bridge;
pub mod statements;
pub mod stores;

/// Any error; outbound's own is found in it by [`outbound::Error::find`].
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Ends the program with what went wrong, and with outbound's hint if it is about the way out.
pub fn end(result: Result<(), Error>) {
    let Err(error) = result else { return };
    eprintln!("{error}");
    if let Some(hint) = outbound::Error::find(&*error).and_then(outbound::Error::hint) {
        eprintln!("hint: {hint}");
    }
    std::process::exit(1);
}
