/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device that does not answer an ATC_INV: it is cut off by whoever sees that, parked by a worker,
 * and comes back when it is attached to the kernel's own domain. Meanwhile it is attached and
 * detached, and a page of its domain is unmapped.
 *
 * arm-smmu-v3/drv/ats.c: smmu_ats_on_locked(), smmu_ats_off_locked(), smmu_ats_drop_locked(),
 * smmu_ats_fail_locked(), smmu_ats_may_end_failed_locked(), smmu_ats_recover(). drv/ats_cut.c:
 * smmu_ats_cut_one(), smmu_ats_enable(), smmu_ats_is_cut(), smmu_ats_was_cut(). The walk:
 * drv/walk.c. A guest's block with an ATC_INV: drv/guestcmd.c. What leaves ATC_INVs out:
 * hw/cmdq_edit.h. Sequentially consistent.
 *
 * The device may be silent at any ATC_INV. As long as its STE has EATS and its ATS Enable is 1, it
 * fills its ATC from the page table or from the TLB, which other devices fill. It uses the ATC as
 * long as both are so. Setting ATS Enable does not empty the ATC here, although PCIe says so.
 *
 * Shown:
 *  - once the walk has returned, the device uses nothing of what was unmapped, now or later;
 *  - a reader that has not stepped out sends no ATC_INV to a stream without EATS;
 *  - a guest is not told that an ATC_INV is done that was left out because of a cut;
 *  - nobody waits for ever, and in the end the device is parked, detached, or has ATS.
 *
 * MUTANT=1..9 breaks one rule each; scripts/check-spin expects an error from each of them.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#ifndef CHANGES
#define CHANGES	3		/* attaches and detaches */
#endif

mtype = { ABORT, EATS };

/* struct smmu_master, and its STE and config space */
bool master_lock, ats_on, ats_failed, cut;
bool ats_enable;
mtype ste = ABORT;
bool attached;

/* the domain */
bool page = true, live;
byte ats_seq;

bool tlb, atc;
bool edits;			/* hw/cmdq_edit.h */
bool due, works;		/* the worker is to run, and runs */
bool walked;
byte in_rcu;			/* readers that have not stepped out */
byte ended;			/* number of failures that have ended, and of detaches */
byte finished;

inline lock()
{
	atomic { !master_lock -> master_lock = true }
}

inline unlock()
{
	master_lock = false
}

/* smmu_ats_cut_one(), from the error handler */
inline cut_off()
{
#if MUTANT == 1
	atomic { cut = true; edits = true; due = true }
#else
	atomic { cut = true; ats_enable = false; edits = true; due = true }
#endif
}

/* Is an ATC_INV that is posted now left out? */
inline leave_out(out, by_cut)
{
	atomic { out = edits && (cut || !ats_on); by_cut = edits && cut && ats_on }
}

/* The SMMU does an ATC_INV. One that was in the queue when the device was cut off may be edited. */
inline atc_inv(bad)
{
	if
	:: atomic { atc = false; bad = false }
	:: cut -> bad = false
	:: cut_off(); bad = true
	fi
}

/* A change of the master asks the device. The answer is in @bad: it was not confirmed */
inline ask()
{
	leave_out(out, by_cut);
	if
	:: out -> bad = false
	:: else -> atc_inv(bad)
	fi;
	/* atc_confirmed() */
	bad = bad || cut
}

inline leave_arrays()
{
	ats_on = false;
	live = false;
#if MUTANT != 3
	!in_rcu
#endif
}

inline fail()
{
	atomic { cut = true; ats_enable = false };
	leave_arrays();
#if MUTANT == 4
	cut = false;
	ats_failed = true;
	ste = ABORT
#else
	ats_failed = true;
	ste = ABORT;
	cut = false
#endif
}

/* Attach to the domain, as the kernel itself or as a guest's */
inline attach(kernel)
{
	atomic {
		if
		:: ats_failed && kernel -> ats_failed = false; ended++
		:: else
		fi;
		attached = true
	};
	if
	:: ats_failed
	:: !ats_failed && ats_on ->
		/* ATS stays on */
		ask();
		if
		:: bad -> fail()
		:: else
		fi
	:: !ats_failed && !ats_on ->
		ste = EATS;
#if MUTANT != 9
		ats_on = true;
#endif
		live = true;
#if MUTANT != 5
		ats_seq++;
#endif
#if MUTANT == 9
		ats_on = true;
#endif
#if MUTANT == 6
		ats_enable = true;
		ask();
#else
		ask();
		/* smmu_ats_enable() */
		atomic {
			if
#if MUTANT == 2
			:: !bad -> ats_enable = true
#else
			:: !bad && !cut -> ats_enable = true
#endif
			:: else -> bad = true
			fi
		};
#endif
		if
		:: bad -> fail()
		:: else
		fi
	fi
}

inline detach()
{
	if
	:: ats_on ->
		ats_enable = false;
		ask();
#if MUTANT == 8
		ste = ABORT;
		leave_arrays();
#else
		leave_arrays();
		ste = ABORT;
#endif
		if
		:: bad -> fail()
		:: else
		fi
	:: else
	fi;
	atomic { attached = false; ended++ }
}

active proctype owner()
{
	byte n;
	bool out, by_cut, bad;

	do
	:: n < CHANGES ->
		lock();
		if
		:: true -> attach(true)
		:: true -> attach(false)
		:: attached -> detach()
		fi;
		atomic { unlock(); n++; out = false; by_cut = false; bad = false }
	:: else -> break
	od;
	finished++
}

active proctype worker()
{
end:	do
	:: atomic { due -> due = false; works = true };
		lock();
		if
		:: cut -> fail()
		:: else
		fi;
		unlock();
		works = false
	od
}

active proctype walk()
{
	byte seq;
	bool out, by_cut, bad, rcu, sees;

	page = false;
	do
	:: true ->
		atomic { in_rcu++; rcu = true; seq = ats_seq };
		sees = live;
		if
		:: sees ->
			leave_out(out, by_cut);
			tlb = false;
			if
			:: atomic { in_rcu--; rcu = false }
			:: true
			fi;
			if
			:: out
			:: else ->
				assert(!rcu || ste == EATS);
				atc_inv(bad)
			fi
		:: else -> tlb = false
		fi;
		atomic {
			if
			:: rcu -> in_rcu--; rcu = false
			:: else
			fi;
			out = false; by_cut = false; bad = false; sees = false
		};
		if
		:: seq == ats_seq -> break
		:: else
		fi
	od;
	walked = true;
	finished++
}

active proctype guest()
{
	byte when;
	bool out, by_cut, bad, rcu, told;

	atomic { in_rcu++; rcu = true };
	if
	:: ats_on ->
		atomic { leave_out(out, by_cut); when = ended };
		if
		:: atomic { in_rcu--; rcu = false }
		:: true
		fi;
		if
		:: out
		:: else ->
			assert(!rcu || ste == EATS);
			atc_inv(bad)
		fi;
		if
		:: by_cut ->
#if MUTANT == 7
			told = ats_failed;
			told = told || cut;
#else
			told = cut;
			told = told || ats_failed;
#endif
			assert(told || ended != when)
		:: else
		fi
	:: else
	fi;
	atomic {
		if
		:: rcu -> in_rcu--; rcu = false
		:: else
		fi;
		finished++
	}
}

active proctype device()
{
	do
	:: atomic { ats_enable && ste == EATS && !atc && (page || tlb) -> atc = true }
	:: atomic { page && !tlb -> tlb = true }
	:: finished == 3 && !due && !works -> break
	od;
	atomic {
		assert(!cut);
		assert(!ats_failed || (ste == ABORT && !ats_enable));
		assert(ats_failed || !attached || (ste == EATS && ats_enable && ats_on));
	}
}

/* What is never to be */
active proctype stale()
{
end:	atomic { walked && atc && ats_enable && ste == EATS -> assert(false) }
}
