/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * take_place() and lead_group() in arm-smmu-v3/core/insert.c as a model for SPIN: CPUs of a node
 * take their places as groups. Every interleaving of CPUs that come again and again, beside one of
 * another node. Sequentially consistent.
 *
 * Shown:
 *  - every CPU gets a place, and places are in a row: none is left out or given twice;
 *  - nobody waits for ever (an invalid end state);
 *  - one CPU leads at a time, and a group has GROUP members at most;
 *  - the queue of the node is empty in the end.
 *
 * MUTANT=1..6 breaks one rule each; scripts/check-spin expects an error from each of them.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define CPUS	3		/* of the node */
#define ROUNDS	2		/* places that each of them takes */
#ifndef GROUP
#define GROUP	3		/* 2: some have to wait for the next group */
#endif
#define NONE	CPUS		/* no CPU, as NULL is none */
#define WAITS	254		/* values of pos that are no place */
#define LEADS	255

byte reserved;			/* of the inserter */
byte tail = NONE;		/* of the node */
byte next[CPUS], pos[CPUS], wants[CPUS];
byte leaders;
byte done;
int taken;			/* a bit for each place */

/* The @n places from @at on are nobody's yet */
inline take(at, n)
{
	atomic {
		assert(!(taken & (((1 << n) - 1) << at)));
		taken = taken | (((1 << n) - 1) << at)
	}
}

inline lead()
{
	leaders++;
	assert(leaders == 1);
	last = me;
	n = wants[me];
	members = 1;
	do
	:: members < GROUP ->
		to = next[last];
		if
		:: to == NONE -> break
		:: else -> atomic { last = to; n = n + wants[to]; members++ }
		fi
	:: else -> break
	od;
	atomic { place = reserved; reserved = reserved + n };
	to = next[last];
	if
	:: to == NONE ->
#if MUTANT == 1
		tail = NONE;
#else
		atomic {
			if
			:: tail == last -> tail = NONE; leaders--
			:: else -> to = LEADS
			fi
		};
#if MUTANT != 2
		if
		:: to == LEADS -> next[last] != NONE; to = next[last]
		:: else
		fi
#else
		if
		:: to == LEADS -> to = NONE; leaders--
		:: else
		fi
#endif
#endif
	:: else
	fi;
	if
	:: to != NONE ->
#if MUTANT != 6
		leaders--;
#endif
		pos[to] = LEADS
	:: else
	fi;
	atomic { mine = place; place = place + wants[me]; cpu = me; to = next[me] };
	do
	:: cpu != last ->
		cpu = to;
#if MUTANT == 3
		/* its next group may have begun */
		n = wants[cpu];
		pos[cpu] = place;
		place = place + n;
		to = next[cpu]
#elif MUTANT == 4
		to = next[cpu];
		pos[cpu] = place
#else
		/* it cannot come again before it is told */
		atomic { to = next[cpu]; n = wants[cpu] };
		pos[cpu] = place;
		place = place + n
#endif
	:: else -> break
	od
}

proctype cpu_of_node(byte me)
{
	byte before, last, n, members, to, place, mine, cpu, round;

	do
	:: round < ROUNDS ->
		/* nobody else looks at these before the exchange */
		atomic {
			wants[me] = 1 + (me + round) % 2;
#if MUTANT != 5
			next[me] = NONE;
#endif
			pos[me] = WAITS
		};
		atomic { before = tail; tail = me };
		if
		:: before == NONE -> lead()
		:: else ->
			next[before] = me;
			pos[me] != WAITS;
			if
			:: pos[me] == LEADS -> lead()
			:: else -> mine = pos[me]
			fi
		fi;
		take(mine, wants[me]);
		/* what is not needed any more must not multiply the states */
		atomic {
			round++;
			before = 0; last = 0; n = 0; members = 0; to = 0; place = 0; mine = 0;
			cpu = 0
		}
	:: else -> break
	od;
	done++
}

/* Of another node, which takes its place alone */
active proctype other()
{
	byte mine;

	atomic { mine = reserved; reserved++ };
	take(mine, 1);
	done++
}

active proctype end()
{
	done == CPUS + 1;
	assert(tail == NONE && leaders == 0);
	assert(taken == (1 << reserved) - 1)
}

init
{
	byte k;

	atomic {
		do
		:: k < CPUS -> next[k] = NONE; pos[k] = WAITS; run cpu_of_node(k); k++
		:: else -> break
		od
	}
}
