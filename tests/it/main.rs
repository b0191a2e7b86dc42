//! The one integration binary, so that the servers are started once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../fuzz/bodies/mod.rs"]
mod fuzz;
#[path = "../support/mod.rs"]
mod support;

mod absolute;
mod adapters;
mod challenges;
mod cli_asked;
mod cli_check;
mod cli_clients;
mod cli_config;
mod cli_demo;
mod cli_env;
mod cli_exec;
mod cli_fetch;
mod cli_folder;
mod cli_folder_doubt;
mod cli_folder_options;
mod cli_ftps;
mod cli_generated;
mod cli_hints;
mod cli_index_pages;
mod cli_init;
mod cli_list;
mod cli_manners;
mod cli_places;
mod cli_put;
mod cloud;
mod docs;
mod doubles;
mod error_matrix;
mod examples;
mod faults;
mod ftp_awkward;
mod ftp_by_proxy;
mod ftp_keepalive;
mod ftp_lab;
mod ftp_pool;
mod ftp_real;
mod ftp_text;
mod ftps;
mod ftps_faults;
mod fuzzed;
mod hostile_listing;
mod http_real;
mod integrity;
mod kit;
mod layers;
mod leaks;
mod leaks_children;
mod logs;
mod matrix;
mod memory;
mod peers;
mod policy;
mod redirects;
mod refusals;
mod resume;
mod round_trips;
mod s3;
mod store;
mod store_real;
mod trust;
mod websocket;
