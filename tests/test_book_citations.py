"""A claim cited in a prose page exists in a chapter and says what it is cited for."""

import re

import pytest
from helpers_prose import BOOK

from tools.notebooks import all_notebooks, code_cells, read, stored_claims

SUBJECT = {  # a few words of the claim, so that a renumbered chapter is noticed here
    "1.8": "prefer the stray pixel to the longer stroke",
    "1.12": "never saw an edited digit",
    "1.16": "Yet it prefers the longer stroke",
    "1.17": "filters shared by all places",
    "1.19": "91.5 %",
    "1.20": "no latent",
    "1.25": "two hidden layers",
    "1.32": "randomly paired pictures",
    "2.9": "halfway between two different digits is a legal digit",
    "2.10": "With sixteen, less often than not",
    "2.11": "than the blended pixels",
    "2.14": "With sixteen most do",
    "2.16": "given a log standard deviation",
    "2.17": "the noise dies",
    "2.27": "fewer nats than the entropy",
    "2.30": "one grey pixel",
    "2.38": "The GAN's are legal more often than those of the VAE",
    "2.39": "sharper than those of either VAE",
    "2.40": "The GAN's faces lie among real ones",
    "2.43": "reach fewer of the real ones",
    "2.44": "At no width",
    "2.48": "fewer of the training digits: largest difference of the recalls",
    "2.49": "runs belong to the record",
    "3.1": "Taught on glyphs alone",
    "3.2": "the median score",
    "3.3": "sheet full of ink gets less",
    "3.4": "is the world, whatever the negatives",
    "3.5": "with $q$ forgotten",
    "3.6": "With noise as negatives a near miss",
    "3.9": "noise, which it never saw",
    "3.10": "shrinks by this factor a round",
    "3.22": "First place in the world",
    "3.25": "latest favourites",
    "3.33": "one search takes at least ten times",
    "3.34": "one chain of Gibbs",
    "4.2": "have the same $p_g$",
    "4.3": "9,999 answers",
    "4.4": "Without logarithms",
    "4.6": "learned $D$ from $D^*$",
    "4.7": "three genuine coins for each forged one",
    "4.8": "2\\,\\mathrm{JS} - 2\\log 2",
    "4.9": "cost of its mistakes",
    "4.10": "never exceeds $2\\,\\mathrm{JS} - 2\\log 2$",
    "4.11": "-\\log 4",
    "4.12": "stray from 1/2",
    "4.16": "never sees",
    "4.18": "descends exactly $2\\,\\mathrm{JS}$",
    "4.19": "two slopes",
    "4.20": "non-saturating loss carry",
    "4.22": "Adam makes up for the small voice",
    "4.24": "$W_1$ between the generated and the genuine",
    "4.25": "does not change at all grows",
    "5.4": "accepts fresh faces",
    "5.8": "kernel 3 and stride 2",
    "5.11": "Repeating pixels",
    "5.10": "untrained generator with kernel 4",
    "5.16": "31 companions",
    "5.20": "drawn better than the eyes",
    "5.21": "drawn worst",
    "5.25": "faces is legal",
    "5.27": "G's loss changes little",
    "5.29": "latents shortened",
    "5.45": "about as evenly as ever",
    "5.46": "the heads turn less",
    "5.42": "fairly even",
    "7.1": "share no place JS is",
    "7.2": "In bits the same ceiling",
    "7.15": "Half the thickness",
    "7.18": "share in 29 dimensions",
    "7.20": "equal bells lie this far apart",
    "7.8": "right about every one of 2,000",
    "7.12": "other three forgers come to the data",
    "7.47": "calls coins and forgeries alike genuine",
    "7.41": "walks at the same pace",
    "7.42": "does not settle",
    "7.21": "look farther than equal ones",
    "7.16": "thin parallel segments",
    "7.22": "told to go with this slope",
    "7.23": "fill only a two-dimensional sheet",
    "7.43": "Close by, on the other hand, JS settles",
    "7.10": "a louder call than the farthest",
    "7.17": "in 19 dimensions: share of 200 trials",
    "7.19": "In two dimensions 400 points",
    "7.38": "reaches this share of $W_1$",
    "7.7": "At 20 standard deviations the slope",
    "7.9": "the call that reaches the forger",
    "7.11": "Saturating loss, veteran expert",
    "8.4": "Steepness grows like this power",
    "8.8": "falls short of the distance",
    "8.9": "Exact steepness of the penalised critics",
    "8.10": "Their reports against",
    "8.14": "1-Lipschitz, up to the iteration's error",
    "8.15": "reports too little",
    "8.20": "many of the 25 modes",
    "8.22": "The run above belongs to those",
    "8.23": "Two-sided with the same weight 10",
    "8.24": "Two-sided with weight 0.1 or 1",
    "8.25": "The ordinary game, better of two runs",
    "8.27": "With G frozen",
    "8.28": "The critic as it was in play",
    "8.30": "The running report against the mean",
    "8.31": "Chance in the yardstick",
    "8.32": "higher with five critic steps",
    "8.34": "with five critic steps minus with one",
    "8.35": "blurred mean face",
    "8.37": "Second half of the two recorded runs",
    "8.39": "gradient penalty of weight 10 over chapter 5's recipe",
    "8.43": "spectrally normalised convolution",
    "14.3": "Eight pictures, 250 times each",
    "14.4": "Noise, changed until the reader is sure",
    "14.8": "each point to the one of its own rank",
    "14.10": "Ghosts and faces in pixels",
    "14.14": "Noise made for it, against as many fresh real faces",
    "14.21": "100 real faces over that of 2,000 by the GAN",
    "14.27": "200 estimates that are below zero",
    "14.49": "Copies of the training faces: Fréchet distance",
    "14.50": "of the copies: sum of all deviations from 1",
    "14.51": "Share of copying of the copies",
    "5.31": "Middle of straight walks: legal",
    "5.39": "hardly nearer to the examples",
    "5.40": "forger who repeats",
    "5.33": "agrees with the hair's",
    "5.34": "best single number",
    "5.35": "the hair grows",
    "4.27": "\\mathrm{KL}(p_g \\| p_{data}) - 2",
}


def cited() -> list[str]:
    lists = [found for page in BOOK.glob("*.md") for found in re.findall(r"\bClaims?((?:,| and| to|\s|\d+\.\d+)+)", page.read_text(encoding="utf8"))]
    return sorted({number for found in lists for number in re.findall(r"\d+\.\d+", found)}, key=lambda n: [int(k) for k in n.split(".")])


def test_the_citations_were_found():
    assert len(cited()) >= 15 and set(cited()) <= set(SUBJECT)


@pytest.fixture(scope="module")
def statements() -> dict[str, str]:
    cells = [cell for path in all_notebooks() for cell in code_cells(read(path))]
    return {claim["id"]: claim["statement"] for cell in cells for claim in stored_claims(cell)}


@pytest.mark.parametrize("number", cited())
def test_the_claim_says_what_it_is_cited_for(number, statements):
    assert SUBJECT[number] in statements[number]
