"""The seven stages of hhrec, in order.

raw {train,test,vacancies}.parquet
 │
 ▼
explode ── events/ ──► filter ── filtered/ ──► vocab ── vocab.parquet
             │                      │            │
             │                      │            ▼
             │                      │         features ── features/
             ▼                      ▼            │
          sequences ◄───────────────┘◄── vocab   │
             │                                   │
             ▼                                   ▼
           train ◄───────────────────────────────┘
             │
             ▼
          predict ── predictions.parquet ──► evaluate
"""

STAGES = ("explode", "filter", "vocab", "features", "sequences", "train", "predict")
