//! What is worth to be known of a server, and harms nobody here.

use super::plan::Plan;
use crate::base::{Code, Host};
use crate::dial::remark;
use crate::proto::ftp::Reply;
use crate::proto::ftp::passive::pasv_address;

/// What an answer to PASV tells, for whoever watches: other clients go to the address in it.
pub(super) fn plain(plan: &Plan, reply: &Reply) {
    let target = &plan.target;
    remark(
        Code::FtpEpsvRefused,
        format!("{target} gives its data port by PASV, not by EPSV"),
    );
    let Some(named) = pasv_address(reply.text()) else {
        return;
    };
    let is_another = match target.host() {
        Host::Ipv4(address) => *address != named,
        // Directly, a name of the private network may well be one of its addresses.
        _ => named.is_private() && plan.route.proxy().is_some(),
    };
    if is_another {
        remark(
            Code::FtpPrivateAddress,
            format!("{target} names {named} for its data, which is not followed here"),
        );
    }
}
