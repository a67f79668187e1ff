/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm-smmu-v3/core/insert.c as a model for SPIN: every interleaving of the contexts, the
 * consumer and an interrupt that inserts, sequentially consistent. What weaker memory
 * may do is the business of the comments in the code and of Documentation/litmus.
 *
 * Shown, for the sizes below:
 *  - no command is lost, doubled, overtaken, or seen before it is whole;
 *  - no slot is written while the consumer still has it, although nobody waits for room
 *    between reservation and doorbell;
 *  - no doorbell is missed: when all contexts are done, everything is consumed (a missed
 *    one is an invalid end state);
 *  - no deadlock with a full queue, and none with an interrupt in a context that waits for
 *    admission.
 *
 * MUTANT=1..5 breaks one rule each; scripts/check-spin expects an error from each of them.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define CTX	2		/* contexts */
#define MAXB	2		/* largest batch */
#ifndef ROUNDS
#define ROUNDS	2		/* batches of a context */
#endif
#define IRQS	1		/* batches inserted by interrupts, in context 0 */
#define SLOTS	8
#if MUTANT == 1
#define HEADROOM 0
#else
#define HEADROOM (CTX * MAXB)
#endif

byte reserved, bell, rung;	/* struct smmu_inserter */
byte ends[SLOTS];
byte slot[SLOTS];		/* 0: empty, else context + 1 */
byte seqs[SLOTS];
byte prod, cons;		/* the SMMU's registers */
byte done;			/* contexts that have finished */
byte inserted;			/* commands */
byte next[CTX];			/* sequence numbers, inserted and consumed */
byte seen[CTX];

/* Load two shared positions one after the other, and decide */
inline admit()
{
	do
	:: r = reserved;
	   c = cons;
	   if
	   :: (r - c) < SLOTS - HEADROOM -> break
	   :: else -> (reserved - cons) < SLOTS - HEADROOM
	   fi
	od
}

inline ring()
{
	do
	:: seen_bell = bell;
#if MUTANT == 2
	   atomic { bell = bell - seen_bell; left = bell };
#endif
	   end = rung;
	   do
	   :: ends[end % SLOTS] > end -> end = ends[end % SLOTS]
	   :: else -> break
	   od;
	   if
	   :: end != rung ->
		rung = end;
		assert(end > prod);
		prod = end
	   :: else
	   fi;
#if MUTANT == 3
	   atomic { bell = 0; left = 0 };
#elif MUTANT != 2
	   atomic { bell = bell - seen_bell; left = bell };
#endif
	   if
	   :: left == 0 -> break
	   :: else
	   fi
	od
}

inline insert(n)
{
	admit();
	atomic { pos = reserved; reserved = reserved + n };
#if MUTANT == 4
	ends[pos % SLOTS] = pos + n;
#endif
	i = 0;
	do
	:: i < n ->
		/* one slot stays free, see smmu_cmdq_room() */
		assert(pos + i - cons < SLOTS - 1);
		atomic {
			slot[(pos + i) % SLOTS] = me + 1;
			seqs[(pos + i) % SLOTS] = next[me];
			next[me]++
		};
		i++
	:: else -> break
	od;
#if MUTANT == 5
	atomic { old = bell; bell++ };
	ends[pos % SLOTS] = pos + n;
#else
#if MUTANT != 4
	ends[pos % SLOTS] = pos + n;
#endif
	atomic { old = bell; bell++ };
#endif
	if
	:: old == 0 -> ring()
	:: else
	fi;
	/* what is not needed any more must not multiply the states */
	atomic {
		inserted = inserted + n;
		r = 0; c = 0; pos = 0; i = 0; end = 0; seen_bell = 0; left = 0; old = 0
	}
}

proctype context(byte me)
{
	byte r, c, pos, i, end, seen_bell, left, old, round, irqs;

	do
	:: round < ROUNDS ->
		/* interrupts are on between insertions and while waiting for admission */
		if
		:: me == 0 && irqs < IRQS -> irqs++; insert(1)
		:: true
		fi;
		if
		:: insert(1)
		:: insert(MAXB)
		fi;
		round++
	:: else -> break
	od;
	done++
}

active proctype consumer()
{
	byte who;

	do
	:: cons < prod ->
		atomic {
			assert(prod - cons <= SLOTS);
			who = slot[cons % SLOTS];
			assert(who != 0);
			assert(seqs[cons % SLOTS] == seen[who - 1]);
			seen[who - 1]++;
			slot[cons % SLOTS] = 0
		};
		cons++
	:: done == CTX && cons == inserted -> break
	od;
	assert(prod == reserved && bell == 0)
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
