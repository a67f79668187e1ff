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
 *    admission;
 *  - the bell has one owner at a time, also when it is handed over, and an owner makes as many
 *    passes as a turn has arrivals at most.
 *
 * MUTANT=1..8 breaks one rule each; scripts/check-spin expects an error from each of them.
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
#define TURN	2		/* arrivals of a turn */
#if MUTANT == 1
#define HEADROOM 0
#else
#define HEADROOM (CTX * MAXB)
#endif

byte reserved, bell, rung;	/* struct smmu_inserter; @bell is the count of batches, */
byte arrived;			/* and this its other half, arrivals */
byte handed;
byte owners;
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
	passes = 0;
	owners++;
	assert(owners == 1);
	do
	:: atomic { seen_bell = bell; newest = (arrived - 1) / TURN };
	   if
	   :: newest != turn ->
#if MUTANT == 6
		/* gives up what the bell counts, as if it had looked */
		atomic { bell = bell - seen_bell };
#endif
		owners--;
		handed = turn + 2;
		break
	   :: else
	   fi;
	   passes++;
	   assert(passes <= TURN);
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
	   atomic { bell = 0; left = 0; owners-- };
#elif MUTANT != 2
	   atomic {
		bell = bell - seen_bell;
		left = bell;
		if
		:: left == 0 -> owners--
		:: else
		fi
	   };
#else
	   owners = owners - (left == 0);
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
	atomic { old = bell; bell++; turn = arrived / TURN; first = (arrived % TURN == 0); arrived++ };
	ends[pos % SLOTS] = pos + n;
#else
#if MUTANT != 4
	ends[pos % SLOTS] = pos + n;
#endif
	atomic { old = bell; bell++; turn = arrived / TURN; first = (arrived % TURN == 0); arrived++ };
#endif
	if
	:: old == 0 -> ring()
#if MUTANT == 7
	:: old != 0 && first -> ring()
#elif MUTANT != 8
	:: old != 0 && first -> handed == turn + 1; handed = 0; ring()
#endif
	:: else
	fi;
	/* what is not needed any more must not multiply the states */
	atomic {
		inserted = inserted + n;
		r = 0; c = 0; pos = 0; i = 0; end = 0; seen_bell = 0; left = 0; old = 0;
		turn = 0; newest = 0; first = 0; passes = 0
	}
}

proctype context(byte me)
{
	byte r, c, pos, i, end, seen_bell, left, old, round, irqs, turn, newest, first, passes;

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
