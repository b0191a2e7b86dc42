//! suppaftp: connected, logged-in streams whose data channels go by the tunnel too.
//!
//! suppaftp wants plain sockets (`tokio::net::TcpStream`). A tunnel through an HTTP proxy is one:
//! the proxy's answer is read without taking a byte of what follows (`MSG_PEEK`), so the greeting
//! that often comes with it stays in the socket, and neither a task nor a loopback port stands in
//! between. A way that is more than a socket (TLS to the proxy) is an error that says so.
//!
//! The data channel goes to the control channel's host by the control channel's route. Of the
//! address that suppaftp gives, the proxy's or a private one, only the port is used.
//!
//! suppaftp writes every command to its log at level `trace`, the password among them: a program
//! with a logger should not let it (`suppaftp=debug`).
//!
//! This crate's own [`Dataset`] goes on after a cut, sends its commands
//! together, and needs no plain socket; take suppaftp for what that has not: listings, uploads,
//! TLS.

mod explain;
mod place;
mod tls;

pub use explain::find;
pub use tls::{AsyncTlsFtpStream, TlsStream};

use ::suppaftp::tokio::{AsyncFtpStream, ImplAsyncFtpStream, TokioTlsStream};
use ::suppaftp::types::FileType;
use ::suppaftp::{FtpError, Mode, Status};

use self::place::Place;
use crate::base::{Error, ExplicitTls, Kind, Result, Stage};
use crate::dataset::Dataset;
use crate::proto::ftp::Verb;
use crate::tls::{Versions, wants_newer};

/// Connects to the server of `dataset` by its route, and logs in: with the URL's or connection's
/// user name and password, else anonymously. Nothing is encrypted but by the way.
///
/// The stream is in binary mode, and passive: with EPSV where the server takes it (it is asked),
/// else with PASV. The directory is that of the login; the dataset's path is not used.
///
/// # Errors
/// Those of [`Connector::route`](crate::Connector::route) and
/// [`Connector::open`](crate::Connector::open); what the server refused;
/// [`Kind::Timeout`] (`timeouts.reply` for each reply). Once the stream
/// is given, errors are suppaftp's, and limits on time are its user's: [`find`] finds what the
/// connector said of a data channel in them.
///
/// # Cancel safety
/// Dropping the future closes what was opened.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = outbound::Client::load()?;
/// let mut ftp = outbound::adapters::suppaftp::connect(&client.dataset("census:")?).await?;
/// for line in ftp.list(None).await? {
///     println!("{line}");
/// }
/// # Ok(())
/// # }
/// ```
pub async fn connect(dataset: &Dataset) -> Result<AsyncFtpStream> {
    if dataset.tls() == ExplicitTls::Required {
        let what = "the settings ask for TLS (tls = \"explicit\"), and this login goes in clear";
        return Err(Error::new(Kind::Policy, Stage::TargetTls, what)
            .while_doing(format!("log in at {}", dataset.target()))
            .with_hint("call connect_secure"));
    }
    let place = Place::of(dataset).await?;
    let stream = place.greeted().await?;
    place.logged_in(stream).await
}

/// [`connect`], with TLS for both channels by `AUTH TLS` (RFC 4217) before the login. Trust is the
/// connection's.
///
/// TLS 1.2 is offered first, whose session every data channel uses again, as servers demand
/// (`require_ssl_reuse` of vsftpd); TLS 1.3 where the server refuses that. At the end of an upload
/// the socket's sending side stays open behind `close_notify`: proxies tear a tunnel down on FIN.
///
/// # Errors
/// As there, and [`Kind::Tls`].
///
/// # Cancel safety
/// As there.
pub async fn connect_secure(dataset: &Dataset) -> Result<AsyncTlsFtpStream> {
    let place = Place::of(dataset).await?;
    let stream = match secured(&place, Versions::Tls12).await {
        Err(error) if wants_newer(&error) => secured(&place, Versions::All).await,
        stream => stream,
    };
    place.logged_in(stream?).await
}

async fn secured(place: &Place, versions: Versions) -> Result<AsyncTlsFtpStream> {
    let connector = tls::TlsConnector::new(place, versions)?;
    let said = connector.said();
    let stream = place.greeted().await?;
    let host = place.target.host().to_string();
    let secured = place.within(Stage::TargetTls, stream.into_secure(connector, &host));
    let secured = secured.await?;
    secured.map_err(|cause| match said.take() {
        Some(error) => place.blame(error),
        None => place.explain_tls(cause),
    })
}

impl Place {
    /// Opens the control channel and waits for the greeting.
    async fn greeted<T>(&self) -> Result<ImplAsyncFtpStream<T>>
    where
        T: TokioTlsStream + Send,
    {
        let socket = self.socket(&self.target).await;
        let socket = socket.map_err(|error| self.blame(error))?;
        let greeting = ImplAsyncFtpStream::connect_with_stream(socket);
        let greeted = self.within(Stage::Greeting, greeting).await?;
        let stream = greeted.map_err(|cause| self.explain_greeting(cause))?;
        Ok(stream.passive_stream_builder(self.data_channels()))
    }

    async fn logged_in<T>(&self, mut stream: ImplAsyncFtpStream<T>) -> Result<ImplAsyncFtpStream<T>>
    where
        T: TokioTlsStream + Send,
    {
        let password = self.login.password.as_ref();
        let password = password.map_or("", |password| password.expose());
        let login = stream.login(self.login.username.as_str(), password);
        let refused = |cause| self.explain(cause, Stage::Login, Verb::Pass);
        self.within(Stage::Login, login).await?.map_err(refused)?;
        let binary = stream.transfer_type(FileType::Binary);
        let refused = |cause| self.explain(cause, Stage::Login, Verb::Type);
        self.within(Stage::Login, binary).await?.map_err(refused)?;
        let extended = stream.custom_command("EPSV", &[Status::ExtendedPassiveMode]);
        match self.within(Stage::Passive, extended).await? {
            Ok(_) => stream.set_mode(Mode::ExtendedPassive),
            Err(FtpError::UnexpectedResponse(_)) => stream.set_mode(Mode::Passive),
            Err(cause) => return Err(self.explain(cause, Stage::Passive, Verb::Epsv)),
        }
        Ok(stream)
    }
}
