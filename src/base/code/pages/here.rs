//! Settings and this machine.

use super::page;
use crate::base::Side::{Here, Settings};
use crate::base::code::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    page(
        Code::Usage,
        Settings,
        "an argument is wrong",
        "Something in the arguments cannot be what it is meant to be: a URL that is none, \
         a checksum of the wrong length, a range that the file does not have.",
        "Nothing was sent to anybody. The message names the argument.",
        "Correct the argument; `--help` behind the command lists what it takes.",
    ),
    page(
        Code::Settings,
        Settings,
        "a setting or environment variable is wrong, or a file of them unreadable",
        "A value in the settings files, in a variable such as https_proxy, or in what \
         they name is not what it must be. Nothing falls back to a direct connection \
         because of it.",
        "Nothing was sent to anybody. The message names file and line, key or variable.",
        "`outbound config check` shows everything that is wrong at once, `outbound config \
         show` what is in force and where it is written.",
    ),
    page(
        Code::Secret,
        Settings,
        "a password or key cannot be read",
        "The settings say where a secret is (a file, a variable, a command), and it \
         cannot be read there, or is empty.",
        "The message names the setting, and the file, variable or command; never the \
         secret.",
        "Make the file readable for this user, set the variable for this process \
         (services have few), or run the command by hand to see what it says.",
    ),
    page(
        Code::Policy,
        Settings,
        "the settings forbid this way",
        "`policy.direct = \"bypass-only\"` forbids to go direct without a rule, or a \
         connection asks for the global proxy and none is set.",
        "`outbound route URL` shows the way, the rule that decided, and where it is \
         written.",
        "Set proxy.url, name the target in proxy.bypass if it is inside the private \
         network, or give the connection a proxy of its own.",
    ),
    page(
        Code::Unsupported,
        Settings,
        "understood, but not built in",
        "The settings or the URL ask for something that this program knows and cannot do: \
         a SOCKS proxy, TLS to a proxy, another scheme.",
        "The message names the setting or argument.",
        "Use the proxy's plain HTTP port, or another URL of the same data; \
         docs/decisions.md says what is planned.",
    ),
    page(
        Code::LocalFile,
        Here,
        "a local file exists, is in use, or cannot be written",
        "What came could not be put where it belongs: the file exists and --force is not \
         given, another run works on it, the disk is full, the folder may not be written.",
        "The message names the path and what the system said.",
        "Free the disk or the name, or give another -o; what had come is kept in \
         NAME.part, and the same command goes on there.",
    ),
    page(
        Code::Interrupted,
        Here,
        "stopped before it came to an end",
        "A signal (Ctrl-C, SIGTERM) stopped it, or a check was given up.",
        "The stages that were passed are shown, and the one that was being waited for.",
        "Run it again; a transfer goes on from what it kept.",
    ),
];
