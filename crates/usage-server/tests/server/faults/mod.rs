//! What happens to disks and machines, done to the real binary: each report that was answered is
//! there afterwards, once; each that wasn't, at most once; and the server goes on by itself.

mod checkpoint;
mod crash_states;
mod disk;
mod errors;
mod kill;
mod load;
mod mounts;
mod strace;
mod torn;
mod trace;
