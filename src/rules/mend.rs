//! The lines that mend one refusal, for the proxy that shows itself in it: what `check` prints.

use super::need::{By, Need};
use super::tinyproxy::Test;
use super::{Form, Listen, PRIVATE, Plan, Product, apache, haproxy, squid, tinyproxy};
use crate::base::Answer;

/// What a proxy refused to whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused<'a> {
    /// What was asked for, and what belongs to it.
    pub need: &'a Need,
    /// The user that the proxy is shown.
    pub user: Option<&'a str>,
    /// What the proxy said.
    pub answer: &'a Answer,
}

/// Lines for each product that shows itself, or else for the two that are most common, unless the
/// answer names another product; each begins with the product's name, and what follows stands below
/// its first line.
pub(crate) fn mend(refused: Refused<'_>) -> String {
    let shown = Product::recognise(refused.answer);
    let products = match &shown[..] {
        // It says that it is another.
        [] if refused.answer.product().is_some() => return String::new(),
        [] => &[Product::Apache, Product::Squid],
        shown => shown,
    };
    let mut text = String::new();
    for product in products {
        for (index, line) in lines(*product, refused).iter().enumerate() {
            let label = match index {
                0 => product.as_str(),
                _ => "",
            };
            text += &format!("\n  {label:<8} {line}");
        }
    }
    text
}

/// What Apache's page says when AllowConnect has not the port.
const BLOCKED: &str = "connect to remote machine blocked";

fn lines(product: Product, refused: Refused<'_>) -> Vec<String> {
    let need = refused.need;
    let plan = Plan {
        proxy: String::new(),
        needs: Vec::new(),
        clients: Vec::new(),
        user: refused.user.map(str::to_owned),
        listen: Listen {
            address: None,
            port: 0,
        },
        filter: String::new(),
        remarks: Vec::new(),
    };
    let page = refused.answer.body.to_ascii_lowercase();
    let mut lines = Vec::new();
    match product {
        Product::Squid => {
            lines.push(format!("# {}, for clients in `localnet`", squid::ABOVE));
            let user = squid::user(&plan, &mut lines);
            squid::add(need, "localnet", user.as_deref(), &mut lines);
        }
        // Its page for a section that denies; AllowConnect says more.
        Product::Apache
            if need.by != By::Connect
                || page.contains("permission to access") && !page.contains(BLOCKED) =>
        {
            lines.push("# in its virtual host, behind the <Proxy> sections".to_owned());
            lines.extend(apache::allowed(need, &plan, Form::Lines));
        }
        Product::Apache => match apache::kept(need) {
            None => lines.push(apache::allow_connect(&need.ports)),
            Some(kept) => {
                lines.push(
                    "# in its virtual host, behind the <Proxy> sections; it keeps the ports from other \
                     hosts"
                        .to_owned(),
                );
                lines.push(apache::allow_connect(&need.ports));
                lines.extend(kept);
            }
        },
        Product::Tinyproxy => of_tinyproxy(need, tinyproxy::test(refused.answer), &mut lines),
        Product::Haproxy => {
            lines.push("# above the `http-request deny` of its frontend".to_owned());
            lines.push(haproxy::allowed(need, &haproxy::each(PRIVATE)));
        }
    }
    lines
}

fn of_tinyproxy(need: &Need, test: Option<Test>, lines: &mut Vec<String>) {
    let mut tell = |line: &str| lines.push(line.to_owned());
    if test == Some(Test::Client) {
        tell("# with the address that this machine has for the proxy:");
        tell("Allow ADDRESS");
        return;
    }
    if test == Some(Test::List) || need.by != By::Connect {
        tell("# in the file that `Filter` names, with `FilterExtended On`; where that is of hosts");
        tell("# (`FilterURLs Off`), the host passes at every port of ConnectPort:");
        tell(&tinyproxy::allowed(need));
        return;
    }
    match tinyproxy::connect_ports(&need.ports) {
        Some(ports) => {
            tell("# for every host, unless the file has `Filter` and `FilterDefaultDeny Yes`:");
            lines.extend(ports);
        }
        None => {
            tell(
                "# ConnectPort knows no ranges: take out all such lines, and let its list limit hosts",
            );
            tell("# and ports (`outbound rules --for tinyproxy --whole` prints both files)");
        }
    }
}
