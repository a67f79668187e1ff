/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue of the set that fails and is taken out: smmu_cmdq_choose() and smmu_cmdq_take_out() in
 * arm-smmu-v3/hw/cmdq_set.c, lock_with_room() and smmu_cmdq_post_lock() in hw/cmdq_lock.c,
 * give_up() and smmu_cmdq_wait() in hw/cmdq.c, and smmu_walk_range(), which walks once more.
 * Queue 0 is the architected one, which goes on. Queues 1 and 2 may stand still at any command. They
 * may also go on, before or after they were taken out. Each context unmaps, and posts a TLBI and, as
 * a second part of the same post, an ATC_INV with a CMD_SYNC. It may be on any CPU when it begins a
 * post, so that either of the two may be its queue. The ATC of a device may be filled from the TLB
 * until the TLBI is done. Sequentially consistent. A queue that stands for a device is not taken
 * out, and not in this model.
 *
 * Shown:
 *  - when a walk returns, TLB and ATC hold nothing of before, whichever queue was taken out when;
 *  - nobody waits for ever (an invalid end state);
 *  - nothing is posted to a queue that was taken out, or that a wait was given up for;
 *  - a walk is done anew at most once, however many queues stand.
 *
 * MUTANT=1..6 breaks one rule each; scripts/check-spin expects an error from each of them.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#ifndef CTX
#define CTX	2
#endif
#define SLOTS	(6 * CTX)	/* of each queue: more than all contexts post to it */

#define TLBI	0		/* what a slot holds: 2 * context, and this */
#define ATC	1		/* ATC_INV and CMD_SYNC */

typedef queue {
	byte prod, cons;
	byte slot[SLOTS];
	bool out
}
queue q[3];

bool tlb[CTX], atc[CTX];	/* hold what the context has unmapped */
bool stands[3];
bool given_up[3];		/* a context has waited for it for too long */
byte finished;

/*
 * Post one command to queue @n; @canceled where it was taken out. One step, because it is done under
 * the lock of the queue.
 */
inline post(what)
{
	atomic {
#if MUTANT != 1
		canceled = q[n].out;
#endif
		if
		:: canceled
		:: else ->
			assert(!q[n].out && !given_up[n]);
			q[n].slot[q[n].prod] = 2 * me + what;
			q[n].prod++;
			end = q[n].prod
		fi
	}
}

inline choose()
{
	if
	:: to_main -> n = 0
	:: else ->
		if
		:: n = 1
		:: n = 2
		fi;
		n = (q[n].out -> 0 : n)
	fi
}

/* Either the queue reaches @end, or it stands, and is given up, or another CPU has given it up */
inline wait()
{
	if
	:: q[n].cons >= end
	:: q[n].out -> canceled = true
	:: n && stands[n] && q[n].cons < end ->
		atomic {
#if MUTANT != 3
			q[n].out = true;
#endif
			given_up[n] = true
		};
		canceled = true
	fi
}

proctype context(byte me)
{
	byte n, end, tries;
	bool canceled, to_main;

	/* the page table is changed; what was there may be in both */
	atomic { tlb[me] = true; atc[me] = true };
#if MUTANT == 4
	choose();
	post(TLBI);
#endif
	do
	:: true ->
		atomic {
			tries++;
			assert(tries <= 2);
			canceled = false
		}
#if MUTANT != 4
		choose();
		post(TLBI);
#endif
		if
		:: canceled
		:: else ->
#if MUTANT == 5 || MUTANT == 4
			choose();
#endif
			post(ATC);
			if
			:: canceled
			:: else -> wait()
			fi
		fi;
		if
#if MUTANT == 6
		:: true -> break
#else
		:: !canceled -> break
		:: canceled -> to_main = (MUTANT != 2)
#endif
		fi
	od;
	assert(!tlb[me] && !atc[me]);
	finished++
}

inline consume(n)
{
	atomic {
		who = q[n].slot[q[n].cons] / 2;
		if
		:: q[n].slot[q[n].cons] % 2 == TLBI -> tlb[who] = false
		/* filled again from the TLB, where that is not clean */
		:: q[n].slot[q[n].cons] % 2 == ATC && !tlb[who] -> atc[who] = false
		:: else
		fi;
		/* what is not needed any more must not multiply the states */
		q[n].slot[q[n].cons] = 0;
		q[n].cons++;
		who = 0
	}
}

active proctype smmu()
{
	byte who;

	do
	:: q[0].cons < q[0].prod -> consume(0)
	:: !stands[1] && q[1].cons < q[1].prod -> consume(1)
	:: !stands[2] && q[2].cons < q[2].prod -> consume(2)
	:: q[1].cons < q[1].prod -> stands[1] = !stands[1]
	:: q[2].cons < q[2].prod -> stands[2] = !stands[2]
	:: finished == CTX && q[0].cons == q[0].prod -> break
	od
}

init
{
	byte k;

	atomic {
		do
		:: k < CTX -> run context(k); k++
		:: else -> break
		od
	}
}
