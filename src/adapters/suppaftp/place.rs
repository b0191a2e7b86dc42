//! A server, the way to it and who logs in: what both channels need.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use ::suppaftp::{FtpError, FtpResult};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::base::{Error, Kind, Result, Route, Scheme, Stage, Target, text};
use crate::connector::Connector;
use crate::dataset::Dataset;
use crate::ftp::Login;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub connector: Connector,
    pub target: Target,
    pub login: Login,
    route: Arc<Route>,
}

type Opening = Pin<Box<dyn Future<Output = FtpResult<TcpStream>> + Send + Sync>>;

impl Place {
    pub async fn of(dataset: &Dataset) -> Result<Self> {
        let (connector, target) = (dataset.connector().clone(), dataset.target().clone());
        let doing = |error: Error| error.while_doing(format!("log in at {target}"));
        if target.scheme() != Scheme::Ftp {
            let what = format!("suppaftp cannot be given `{}://`", target.scheme());
            let error = Error::new(Kind::Unsupported, Stage::Route, what);
            return Err(doing(match target.scheme() {
                Scheme::Ftps => error.with_hint(
                    "write `ftp://` with the port of explicit TLS (mostly 21), for connect_secure",
                ),
                _ => error,
            }));
        }
        Ok(Self {
            login: dataset.login().await.map_err(doing)?,
            route: Arc::new(connector.route(&target).map_err(doing)?),
            connector,
            target,
        })
    }

    /// A socket whose first byte is the target's.
    pub async fn socket(&self, target: &Target) -> Result<TcpStream> {
        let stream = self.connector.open(&self.route, target).await?;
        stream.into_tcp().map_err(|stream| {
            let what = "suppaftp wants a plain socket, and this way is more than one";
            Error::new(Kind::Unsupported, Stage::Connect, what)
                .with_route(&self.route)
                .with_hint("read it as a Dataset, which takes every way")
                .after(stream.steps().clone())
        })
    }

    /// What suppaftp calls for each passive data channel. The future must be `Sync`, which a
    /// task's handle is.
    pub fn data_channels(&self) -> impl Fn(SocketAddr) -> Opening + Send + Sync + use<> + 'static {
        let place = self.clone();
        move |address| {
            let place = place.clone();
            Box::pin(async move {
                let target = place.target.at_port(address.port());
                let task = tokio::spawn(async move {
                    place.socket(&target).await.map_err(|error| {
                        error
                            .of_data_channel()
                            .while_doing(format!("open a data channel to {target}"))
                            .with_route(&place.route)
                    })
                });
                let opened = Task(task).wait().await;
                opened.map_err(|error| FtpError::ConnectionError(error.into()))
            })
        }
    }

    /// Waits for one exchange with the server, as long as the settings allow.
    pub async fn within<T>(&self, stage: Stage, exchange: impl Future<Output = T>) -> Result<T> {
        let limit = self.connector.timeouts().reply;
        let silence = |_| {
            let error = Error::new(Kind::Timeout, stage, "the server did not answer");
            self.blame(error.with_limit("timeouts.reply", text::seconds(limit)))
        };
        let exchanged = tokio::time::timeout(limit, exchange).await;
        exchanged.map_err(silence)
    }

    /// Adds what was being done, and by which way.
    pub fn blame(&self, error: Error) -> Error {
        error
            .while_doing(format!("log in at {}", self.target))
            .with_route(&self.route)
    }
}

/// A task that ends with whoever waits for it.
struct Task(JoinHandle<Result<TcpStream>>);

impl Task {
    async fn wait(mut self) -> Result<TcpStream> {
        match (&mut self.0).await {
            Ok(opened) => opened,
            Err(cause) => {
                let what = "the runtime ended before the data channel was open";
                Err(Error::new(Kind::Interrupted, Stage::Data, what).with_source(cause))
            }
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
