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
 *  - the token has one holder at a time, also when it is handed over, and a holder rings for as
 *    many batches as a turn has positions at most.
 *
 * MUTANT=1..9 breaks one rule each; scripts/check-spin expects an error from each of them.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#ifndef CTX
#define CTX	2		/* contexts */
#endif
#define MAXB	2		/* largest batch */
#ifndef ROUNDS
#define ROUNDS	2		/* batches of a context */
#endif
#ifndef IRQS
#define IRQS	1		/* batches inserted by interrupts, in context 0 */
#endif
#ifndef SLOTS
#define SLOTS	8
#endif
#define TURN	4		/* positions of a turn */
#define TOKEN	128		/* no position is as large here */
#if MUTANT == 1
#define HEADROOM 0
#else
#define HEADROOM (CTX * MAXB)
#endif

byte reserved, rung;		/* struct smmu_inserter */
byte holders;
byte ends[SLOTS];
byte slot[SLOTS];		/* 0: empty, else context + 1 */
byte seqs[SLOTS];
byte prod, cons;		/* the SMMU's registers */
byte done;			/* contexts that have finished */
byte inserted;			/* commands */
byte next[CTX];			/* sequence numbers, inserted and consumed */
byte seen[CTX];

/* Load the consumer's position, and decide by it and by the context's own last batch */
inline admit()
{
	do
	:: c = cons;
	   if
	   :: last - c < SLOTS - HEADROOM -> break
	   :: else -> last - cons < SLOTS - HEADROOM
	   fi
	od
}

#define PUBLISHED	(end < TOKEN && end > at)
#define BEGINS_TURN	(((at + TURN - 1) / TURN) * TURN < end)

/* From the batch that ends at @at on; @mine: what this context knows to be visible */
inline ring()
{
	batches = 1;
	holders++;
	assert(holders == 1);
	do
	:: end = ends[at % SLOTS];
	   if
#if MUTANT == 8
	   :: PUBLISHED ->
#else
	   :: PUBLISHED && !BEGINS_TURN ->
#endif
		at = end;
		batches++;
		assert(batches <= TURN)
	   :: else ->
		if
		:: at != mine ->
#if MUTANT == 5
			/* the token leaves before the doorbell */
			atomic {
				if
				:: ends[at % SLOTS] == end ->
					ends[at % SLOTS] = at + TOKEN;
					holders--;
					end = TOKEN
				:: else
				fi
			};
			if
			:: end == TOKEN ->
				rung = at;
				assert(at > prod);
				prod = at;
				break
			:: else
			fi
#else
			rung = at;
			mine = at;
			assert(at > prod);
			prod = at
#endif
		:: else ->
			if
			:: PUBLISHED ->
				holders--;
				ends[at % SLOTS] = at + TOKEN;
				break
			:: else ->
#if MUTANT == 2
				/* whatever is there now */
				atomic { ends[at % SLOTS] = at + TOKEN; holders-- };
				break
#else
				atomic {
					if
					:: ends[at % SLOTS] == end ->
						ends[at % SLOTS] = at + TOKEN;
						holders--;
						end = TOKEN
					:: else
					fi
				};
				if
				:: end == TOKEN -> break
				:: else
				fi
#endif
			fi
		fi
	   fi
	od
}

inline insert(n)
{
	admit();
	atomic {
		pos = reserved;
		reserved = reserved + n;
		at = pos + n;
#if MUTANT != 9
		last = at
#endif
	};
#if MUTANT == 4
	atomic { old = ends[pos % SLOTS]; ends[pos % SLOTS] = at };
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
#if MUTANT == 3
	old = ends[pos % SLOTS];
	ends[pos % SLOTS] = at;
#elif MUTANT != 4
	atomic { old = ends[pos % SLOTS]; ends[pos % SLOTS] = at };
#endif
	end = at;
	at = pos;
	first = BEGINS_TURN;
	at = end;
	mine = pos;
	if
	:: old == pos + TOKEN -> ring()
#if MUTANT == 6
	/* does not wait */
#elif MUTANT == 7
	:: old != pos + TOKEN && first -> ring()
#else
	:: old != pos + TOKEN && first -> ends[pos % SLOTS] == pos + TOKEN; ring()
#endif
	:: else
	fi;
	/* what is not needed any more must not multiply the states */
	atomic {
		inserted = inserted + n;
		c = 0; pos = 0; i = 0; end = 0; at = 0; mine = 0; old = 0; first = 0; batches = 0
	}
}

proctype context(byte me)
{
	byte c, pos, i, end, at, mine, old, round, irqs, first, batches, last;

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
	assert(prod == reserved && rung == reserved && holders == 0);
	assert(ends[reserved % SLOTS] == reserved + TOKEN)
}

init
{
	byte k;

	atomic {
		ends[0] = TOKEN;
		do
		:: k < CTX -> run context(k); k++
		:: else -> break
		od
	}
}
