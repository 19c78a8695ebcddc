//! Work beside rows that come all the time: sets are read, checked, tested and compiled with whatever processor the rows leave.

/// Of the values from 0, as every thread has it, to 19: enough that whoever takes rows need not wait, and that a busy machine gets done with
/// the work beside, too.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// From now on this thread, and those that it will start, give way to all others. Only where priorities belong to threads (Linux); elsewhere,
/// or where the system forbids it, nothing changes.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{NICE, give_way};

    #[test]
    fn only_the_thread_that_says_so_gives_way() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        let beside = std::thread::spawn(move || {
            give_way();
            (nice(), std::thread::spawn(nice).join().unwrap())
        });
        assert_eq!(beside.join().unwrap(), (NICE.max(before), NICE.max(before)));
        assert_eq!(nice(), before);
    }
}
