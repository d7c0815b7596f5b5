"""The literature of the methods, and texts that cite it by number in the order of first mention."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

SOURCES: Final[dict[str, str]] = {
    "bland-2015": "Bland M. Estimating mean and standard deviation from the sample size, three quartiles, minimum, and "
    "maximum. Int J Stat Med Res. 2015;4(1):57-64.",
    "bonett-2009": "Bonett DG. Meta-analytic interval estimation for standardized and unstandardized mean differences. "
    "Psychol Methods. 2009;14(3):225-38.",
    "borenstein-2013": "Borenstein M, Higgins JPT. Meta-analysis and subgroups. Prev Sci. 2013;14(2):134-43.",
    "bradburn-2007": "Bradburn MJ, Deeks JJ, Berlin JA, Russell Localio A. Much ado about nothing: a comparison of the "
    "performance of meta-analytical methods with rare events. Stat Med. 2007;26(1):53-77.",
    "cai-2021": "Cai S, Zhou J, Pan J. Estimating the sample mean and standard deviation from order statistics and "
    "sample size in meta-analysis. Stat Methods Med Res. 2021;30(12):2701-19.",
    "cochran-1954": "Cochran WG. The combination of estimates from different experiments. Biometrics. "
    "1954;10(1):101-29.",
    "dersimonian-1986": "DerSimonian R, Laird N. Meta-analysis in clinical trials. Control Clin Trials. "
    "1986;7(3):177-88.",
    "duval-2000": "Duval S, Tweedie R. Trim and fill: a simple funnel-plot-based method of testing and adjusting for "
    "publication bias in meta-analysis. Biometrics. 2000;56(2):455-63.",
    "egger-1997": "Egger M, Davey Smith G, Schneider M, Minder C. Bias in meta-analysis detected by a simple, "
    "graphical test. BMJ. 1997;315(7109):629-34.",
    "greenland-1985": "Greenland S, Robins JM. Estimation of a common effect parameter from sparse follow-up data. "
    "Biometrics. 1985;41(1):55-68.",
    "handbook": "Higgins JPT, Thomas J, Chandler J, Cumpston M, Li T, Page MJ, et al., editors. Cochrane Handbook for "
    "Systematic Reviews of Interventions. Version 6.5. London: Cochrane; 2024.",
    "harbord-2006": "Harbord RM, Egger M, Sterne JAC. A modified test for small-study effects in meta-analyses of "
    "controlled trials with binary endpoints. Stat Med. 2006;25(20):3443-57.",
    "hardy-1996": "Hardy RJ, Thompson SG. A likelihood approach to meta-analysis with random effects. Stat Med. "
    "1996;15(6):619-29.",
    "harris-2020": "Harris CR, Millman KJ, van der Walt SJ, Gommers R, Virtanen P, Cournapeau D, et al. Array "
    "programming with NumPy. Nature. 2020;585(7825):357-62.",
    "hartung-2001": "Hartung J, Knapp G. A refined method for the meta-analysis of controlled clinical trials with "
    "binary outcome. Stat Med. 2001;20(24):3875-89.",
    "hedges-1981": "Hedges LV. Distribution theory for Glass's estimator of effect size and related estimators. J Educ "
    "Stat. 1981;6(2):107-28.",
    "hedges-1999": "Hedges LV, Gurevitch J, Curtis PS. The meta-analysis of response ratios in experimental ecology. "
    "Ecology. 1999;80(4):1150-6.",
    "higgins-2002": "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Stat Med. "
    "2002;21(11):1539-58.",
    "higgins-2009": "Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects meta-analysis. J R "
    "Stat Soc Ser A Stat Soc. 2009;172(1):137-59.",
    "hozo-2005": "Hozo SP, Djulbegovic B, Hozo I. Estimating the mean and variance from the median, range, and the "
    "size of a sample. BMC Med Res Methodol. 2005;5:13.",
    "knapp-2003": "Knapp G, Hartung J. Improved tests for a random effects meta-regression with a single covariate. "
    "Stat Med. 2003;22(17):2693-710.",
    "kuss-2015": "Kuss O. Statistical methods for meta-analyses including information from studies without any "
    "events - add nothing to nothing and succeed nevertheless. Stat Med. 2015;34(7):1097-116.",
    "luo-2018": "Luo D, Wan X, Liu J, Tong T. Optimally estimating the sample mean from the sample size, median, "
    "mid-range, and/or mid-quartile range. Stat Methods Med Res. 2018;27(6):1785-805.",
    "mantel-1959": "Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective studies of "
    "disease. J Natl Cancer Inst. 1959;22(4):719-48.",
    "mcgrath-2020": "McGrath S, Zhao X, Steele R, Thombs BD, Benedetti A. Estimating the sample mean and standard "
    "deviation from commonly reported quantiles in meta-analysis. Stat Methods Med Res. 2020;29(9):2520-37.",
    "olkin-2012": "Olkin I, Dahabreh IJ, Trikalinos TA. GOSH - a graphical display of study heterogeneity. Res Synth "
    "Methods. 2012;3(3):214-23.",
    "paule-1982": "Paule RC, Mandel J. Consensus values and weighting factors. J Res Natl Bur Stand. "
    "1982;87(5):377-85.",
    "peters-2006": "Peters JL, Sutton AJ, Jones DR, Abrams KR, Rushton L. Comparison of two methods to detect "
    "publication bias in meta-analysis. JAMA. 2006;295(6):676-80.",
    "prisma-2020": "Page MJ, McKenzie JE, Bossuyt PM, Boutron I, Hoffmann TC, Mulrow CD, et al. The PRISMA 2020 "
    "statement: an updated guideline for reporting systematic reviews. BMJ. 2021;372:n71.",
    "pustejovsky-2019": "Pustejovsky JE, Rodgers MA. Testing for funnel plot asymmetry of standardized mean "
    "differences. Res Synth Methods. 2019;10(1):57-71.",
    "rover-2020": "Röver C. Bayesian random-effects meta-analysis using the bayesmeta R package. J Stat Softw. "
    "2020;93(6):1-51.",
    "rucker-2009": "Rücker G, Schwarzer G, Carpenter J, Olkin I. Why add anything to nothing? The arcsine difference "
    "as a measure of treatment effect in meta-analysis with zero cells. Stat Med. 2009;28(5):721-38.",
    "shi-2020": "Shi J, Luo D, Weng H, Zeng XT, Lin L, Chu H, et al. Optimally estimating the sample standard "
    "deviation from the five-number summary. Res Synth Methods. 2020;11(5):641-54.",
    "shi-2020-log": "Shi J, Tong T, Wang Y, Genton MG. Estimating the mean and variance from the five-number summary "
    "of a log-normal distribution. Stat Interface. 2020;13(4):519-31.",
    "shi-2023": "Shi J, Luo D, Wan X, Liu Y, Liu J, Bian Z, et al. Detecting the skewness of data from the five-number "
    "summary and its application in meta-analysis. Stat Methods Med Res. 2023;32(7):1338-60.",
    "sidik-2002": "Sidik K, Jonkman JN. A simple confidence interval for meta-analysis. Stat Med. 2002;21(21):3153-9.",
    "sterne-2011": "Sterne JAC, Sutton AJ, Ioannidis JPA, Terrin N, Jones DR, Lau J, et al. Recommendations for "
    "examining and interpreting funnel plot asymmetry in meta-analyses of randomised controlled trials. BMJ. "
    "2011;343:d4002.",
    "stijnen-2010": "Stijnen T, Hamza TH, Ozdemir P. Random effects meta-analysis of event outcome in the framework of "
    "the generalized linear mixed model with applications in sparse data. Stat Med. 2010;29(29):3046-67.",
    "sweeting-2004": "Sweeting MJ, Sutton AJ, Lambert PC. What to add to nothing? Use and avoidance of continuity "
    "corrections in meta-analysis of sparse data. Stat Med. 2004;23(9):1351-75.",
    "thompson-2002": "Thompson SG, Higgins JPT. How should meta-regression analyses be undertaken and interpreted? "
    "Stat Med. 2002;21(11):1559-73.",
    "viechtbauer-2005": "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the random-effects "
    "model. J Educ Behav Stat. 2005;30(3):261-93.",
    "viechtbauer-2007": "Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis. Stat "
    "Med. 2007;26(1):37-52.",
    "virtanen-2020": "Virtanen P, Gommers R, Oliphant TE, Haberland M, Reddy T, Cournapeau D, et al. SciPy 1.0: "
    "fundamental algorithms for scientific computing in Python. Nat Methods. 2020;17(3):261-72.",
    "voracek-2019": "Voracek M, Kossmeier M, Tran US. Which data to meta-analyze, and how? A specification-curve and "
    "multiverse-analysis approach to meta-analysis. Z Psychol. 2019;227(1):64-82.",
    "wan-2014": "Wan X, Wang W, Liu J, Tong T. Estimating the sample mean and standard deviation from the sample size, "
    "median, range and/or interquartile range. BMC Med Res Methodol. 2014;14:135.",
    "wetterslev-2008": "Wetterslev J, Thorlund K, Brok J, Gluud C. Trial sequential analysis may establish when firm "
    "evidence is reached in cumulative meta-analysis. J Clin Epidemiol. 2008;61(1):64-75.",
    "yusuf-1985": "Yusuf S, Peto R, Lewis J, Collins R, Sleight P. Beta blockade during and after myocardial "
    "infarction: an overview of the randomized trials. Prog Cardiovasc Dis. 1985;27(5):335-71.",
}
"""Key -> the reference in Vancouver style."""

_CITED = re.compile(r"\[@([a-z0-9-]+(?:; @[a-z0-9-]+)*)\]")


def cite(*keys: str) -> str:
    """Return the mark that stands in a text for references, as ``numbered`` finds it.

    Examples
    --------
    >>> cite("handbook", "wan-2014")
    '[@handbook; @wan-2014]'
    """
    unknown = [key for key in keys if key not in SOURCES]
    if unknown:
        raise KeyError(f"no reference {', '.join(unknown)}")
    return f"[@{'; @'.join(keys)}]"


def numbered(texts: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts with numbers in place of the marks, and the references in the order of their numbers.

    Brackets that name no known reference, as a trial's label may hold, stay as they are.

    Examples
    --------
    >>> texts, references = numbered(["By Wan [@wan-2014].", "Again [@handbook; @wan-2014], [@nobody]."])
    >>> texts
    ('By Wan [1].', 'Again [1, 2], [@nobody].')
    >>> len(references)
    2
    """
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        keys = found[1].split("; @")
        if any(key not in SOURCES for key in keys):
            return found[0]
        return f"[{', '.join(map(str, sorted(numbers.setdefault(key, len(numbers) + 1) for key in keys)))}]"

    done = tuple(_CITED.sub(number, text) for text in texts)
    return done, tuple(SOURCES[key] for key in numbers)
