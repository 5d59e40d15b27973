//! The transfer machines against a simulated world: a server, a file, a network with faults, and a driver that keeps
//! the contract and checks that the machine keeps it too. Virtual time; no bytes, only what stands for them.

#[cfg(test)]
mod download;
#[cfg(test)]
mod driver;
#[cfg(test)]
mod file;
#[cfg(test)]
mod reader;
#[cfg(test)]
mod server;
#[cfg(test)]
mod upload_properties;
#[cfg(test)]
mod uploads;
