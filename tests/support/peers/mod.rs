//! The real servers that `tests/peers.sh` brings, each on free loopback ports in a temporary
//! folder of its own.
//!
//! `Squid::start(..)` and its like give a private one; `peers::squid()` and its like give one
//! that all tests of the binary share.

pub mod apache;
pub mod browser;
pub mod clients;
pub mod ftp_servers;
pub mod gateways;
pub mod haproxy;
pub mod index_pages;
pub mod mitmproxy;
pub mod moto;
pub mod nginx;
pub mod nginx_streams;
pub mod openssl;
pub mod process;
pub mod s3s;
pub mod secure_ftp;
pub mod squid;
pub mod tinyproxy;
pub mod vsftpd;

use std::sync::OnceLock;

pub use apache::Apache;
pub use moto::Moto;
pub use nginx::{Certificate, Nginx};
pub use process::{folder, tool};
pub use squid::Squid;
pub use tinyproxy::Tinyproxy;
pub use vsftpd::Vsftpd;

/// The shared Squid that serves everyone on this machine.
pub fn squid() -> &'static Squid {
    static SHARED: OnceLock<Squid> = OnceLock::new();
    let squid = SHARED.get_or_init(|| Squid::start(squid::Options::default()));
    squid.process().assert_runs();
    squid
}

/// The shared Squid that demands [`squid::USER`] and [`squid::PASSWORD`].
pub fn squid_with_password() -> &'static Squid {
    static SHARED: OnceLock<Squid> = OnceLock::new();
    let squid = SHARED.get_or_init(|| {
        Squid::start(squid::Options {
            password: true,
            ..Default::default()
        })
    });
    squid.process().assert_runs();
    squid
}

/// The shared Apache httpd with the sample forward proxy of Dataiku DSS.
pub fn apache() -> &'static Apache {
    static SHARED: OnceLock<Apache> = OnceLock::new();
    let apache = SHARED.get_or_init(Apache::start);
    apache.process().assert_runs();
    apache
}

/// The shared tinyproxy.
pub fn tinyproxy() -> &'static Tinyproxy {
    static SHARED: OnceLock<Tinyproxy> = OnceLock::new();
    let tinyproxy = SHARED.get_or_init(Tinyproxy::start);
    tinyproxy.process().assert_runs();
    tinyproxy
}

/// The shared moto, for whom no name in it is another's.
pub fn moto() -> &'static Moto {
    static SHARED: OnceLock<Moto> = OnceLock::new();
    let moto = SHARED.get_or_init(Moto::start);
    moto.process().assert_runs();
    moto
}
