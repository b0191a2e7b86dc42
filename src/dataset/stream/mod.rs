//! A dataset that does not end: lines, or Server-Sent Events, of a long HTTP answer that is asked
//! for again whenever it breaks.

mod backoff;
mod connect;
mod media;
mod options;
mod records;

pub use backoff::Pauses;
pub use options::{Form, Reconnect, StreamOptions};
pub use records::{Record, Records};

use super::client::Dataset;
use crate::base::{Error, Kind, Result, Stage};

impl Dataset {
    /// The records of the stream at an `http://` or `https://` URL: lines, or Server-Sent Events
    /// where the answer is `text/event-stream`. Nothing is opened before [`Records::next`].
    ///
    /// Blank lines and comments are heartbeats: they show that the server is alive, and are no
    /// records. What breaks is opened again, after a pause; a record that was cut in the middle is
    /// not given.
    ///
    /// # Errors
    /// The scheme is another, or the id to begin behind cannot be sent.
    ///
    /// ```no_run
    /// # async fn example() -> outbound::Result<()> {
    /// use outbound::dataset::{Record, StreamOptions};
    /// let client = outbound::Client::load()?;
    /// let dataset = client.dataset("https://stream.example.org/v2/sample")?;
    /// let mut records = dataset.stream(StreamOptions::default())?;
    /// while let Some(record) = records.next().await? {
    ///     match record {
    ///         Record::Line(line) => println!("{}", String::from_utf8_lossy(&line)),
    ///         Record::Event(event) => println!("{}: {}", event.event, event.data),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(&self, options: StreamOptions) -> Result<Records> {
        if let Some(Err(why)) = options.last_id.as_deref().map(connect::sendable) {
            return Err(Error::new(Kind::Usage, Stage::Request, why));
        }
        // Not the target's: that of a bucket is an HTTP server.
        match self.url().scheme() {
            "http" | "https" => Ok(Records::new(self.clone(), options)),
            scheme => {
                let what = format!("{scheme}:// gives no stream of lines or events");
                let error = Error::new(Kind::Unsupported, Stage::Route, what);
                Err(error.with_hint("streams are at http:// and https:// URLs"))
            }
        }
    }
}
