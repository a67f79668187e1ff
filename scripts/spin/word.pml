/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The word of a command queue, to which CMD_SYNCs write their position, and how it goes out of
 * service: smmu_cmdq_reached(), check_word(), smmu_cmdq_refresh() and smmu_cmdq_retire_word() in
 * arm-smmu-v3/hw/cmdq_pos.c, wait_slow() in hw/cmdq.c, and the part of smmu_insert() that makes a
 * CMD_SYNC write the word. Contexts post a CMD_SYNC each and wait for it. The SMMU completes
 * CMD_SYNCs in order. It writes the word of one later than that, but before it completes the next
 * (4.7.3), and moves CONS later, too. From any moment on, writes of the word may be lost, with or
 * without an error that says so. Sequentially consistent: Documentation/litmus has the order of
 * the loads.
 *
 * Shown:
 *  - nobody takes a CMD_SYNC for complete that is not;
 *  - nobody waits for ever, also where the word is never written (an invalid end state);
 *  - the word goes out of service only when a write of it was lost;
 *  - what CONS and the word say is never refused as impossible.
 *
 * MUTANT=1..6 breaks one rule each; scripts/check-spin expects an error from each of them.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#ifndef CTX
#define CTX	2		/* contexts */
#endif
#ifndef ROUNDS
#define ROUNDS	1		/* CMD_SYNCs of a context */
#endif
#define END	(CTX * ROUNDS)

/* struct smmu_cmdq; a position is that behind a CMD_SYNC */
byte reserved, posted, base, missing;
bool polled = true;		/* @polled_word is not NULL */
bool addr = true;		/* @ins.sync_addr is not 0 */
byte word;

bool published[END + 1];
bool writes[END + 1];		/* the CMD_SYNC writes the word */

byte complete, cons;		/* the SMMU */
byte under_way;			/* the write that is not there yet */
bool lost, gerror;
byte finished;

inline retire(found)
{
	assert(!found || lost);
	atomic { was = polled; polled = false };
	if
	:: was -> addr = false
	:: else
	fi
}

/* The result is in @pos */
inline refresh()
{
#if MUTANT == 2
	limit = posted;
	reg = cons;
#else
	reg = cons;
	limit = posted;
#endif
	atomic {
		/* a true CONS */
		assert(reg <= limit);
		pos = reg;
		if
		:: base < pos -> base = pos
		:: else -> pos = base
		fi
	}
}

/* word_says() of @w: the answer is in @says */
inline word_says(w, end)
{
	atomic {
#if MUTANT != 3
		limit = posted;
#endif
		says = w == end || (w >= end && limit >= w)
	}
}

inline check_word(end)
{
#if MUTANT == 4
	now = word;
	other = missing;
#else
	other = missing;
	now = word;
#endif
#if MUTANT == 1
	first = end;
#else
	first = (other < end -> other : end);
#endif
	if
	:: other && other != end -> word_says(now, first)
	:: else -> says = true
	fi;
	if
	:: !says -> retire(true)
	:: else ->
		word_says(now, end);
		if
#if MUTANT == 6
		:: !says -> retire(true)
#else
		:: !says -> missing = end
#endif
		:: else
		fi
	fi
}

/* The answer is in @done */
inline reached(end)
{
	done = false;
	if
	:: !polled -> refresh(); done = pos >= end
	:: polled ->
		atomic { w = word; seen = cons };
		word_says(w, end);
		if
		:: says -> done = true
#if MUTANT != 5
		/* every poll may be one that asks CONS */
		:: !says -> refresh();
			if
			:: pos >= end -> check_word(end); done = true
			:: else
			fi
#endif
		:: !says
		fi
	fi
}

inline post()
{
	atomic { reserved++; end = reserved };
	/* read between reservation and publishing */
	writes[end] = addr;
	atomic {
		published[end] = true;
		do
		:: posted < END && published[posted + 1] -> posted++
		:: else -> break
		od
	}
}

inline wait()
{
	do
	:: true ->
		/* smmu_cmdq_relax() looks at GERROR */
		if
		:: gerror -> gerror = false; retire(false)
		:: else
		fi;
		reached(end);
		if
		:: done -> break
		:: else ->
			/* what is not needed any more must not multiply the states */
			atomic {
				reg = 0; limit = 0; pos = 0; other = 0; now = 0; first = 0;
				says = 0; was = 0
			}
			atomic {
#if MUTANT == 5
				word != w || gerror || !polled;
#else
				word != w || cons != seen || cons >= end || gerror || !polled;
#endif
				w = 0; seen = 0
			}
		fi
	od;
	assert(complete >= end)
}

proctype context()
{
	byte end, reg, limit, pos, w, seen, other, now, first, round;
	bool says, done, was;

	do
	:: round < ROUNDS ->
		post();
		wait();
		round++;
		atomic {
			end = 0; reg = 0; limit = 0; pos = 0; w = 0; seen = 0; other = 0;
			now = 0; first = 0; says = 0; done = 0; was = 0
		}
	:: else -> break
	od;
	finished++
}

/* A write of the word arrives, or is lost */
inline arrive()
{
	atomic {
		if
		:: !lost -> word = under_way
		/* this one and all that follow */
		:: lost = true;
			if
			:: gerror = true
			:: true
			fi
		fi;
		under_way = 0
	}
}

active proctype smmu()
{
	do
	:: under_way -> arrive()
	:: complete < posted && !under_way ->
		atomic {
			complete++;
			under_way = (writes[complete] -> complete : 0)
		}
	:: cons < complete -> cons++
	:: finished == CTX && cons == END && !under_way -> break
	od
}

init
{
	byte k;

	atomic {
		do
		:: k < CTX -> run context(); k++
		:: else -> break
		od
	}
}
