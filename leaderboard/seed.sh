#!/bin/sh
# Makes the first submissions of the board, from what anyone can run: the checkpoint that ships with normsuite,
# the baselines, and where the embeddings of all-MiniLM-L6-v2 point, on mini and on ETHICS.
#
#     leaderboard/seed.sh ETHICS MINILM [RUNS]
#
# ETHICS is a folder of the data set (`normsuite data get ethics`), MINILM a folder called all-MiniLM-L6-v2 that
# holds the checkpoint, RUNS where the runs are kept (runs/seed); a run that was broken off goes on.
#
# All three are asked about the same seeded sample of 500 clusters per task, which is all of mini and a part of
# ETHICS: so they are partial, and the board says so.
set -eu
ethics=$1 minilm=$2 runs=${3:-runs/seed}
to=$(dirname "$0")/submissions
prompted='mini-*,ethics-commonsense,ethics-deontology,ethics-justice,ethics-utilitarianism,ethics-virtue'
directions='direction-mini-*,direction-ethics-deontology,direction-ethics-justice'

normsuite run baselines --tasks "$prompted" --raw "ethics=$ethics" --limit 500 --out "$runs/baselines"
normsuite run normsuite-tiny --tasks "$prompted" --raw "ethics=$ethics" --limit 500 --engine transformers \
    --out "$runs/normsuite-tiny"
normsuite run "$minilm" --tasks "$directions" --raw "ethics=$ethics" --limit 500 --out "$runs/all-MiniLM-L6-v2"

normsuite leaderboard add "$runs/baselines" --org normsuite --partial --replace --to "$to"
normsuite leaderboard add "$runs/normsuite-tiny" --org normsuite --partial --replace --to "$to"
normsuite leaderboard add "$runs/all-MiniLM-L6-v2" --org sentence-transformers --partial --replace --to "$to"
